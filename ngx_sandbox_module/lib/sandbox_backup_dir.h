
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_BACKUP_DIR_H_INCLUDED_
#define _SANDBOX_BACKUP_DIR_H_INCLUDED_


#include <stdint.h>

#include "lib/sandbox_backup.h"
#include "lib/sandbox_store.h"


/*
 * Internal functions of the store: directories of backups.  They return 0, or
 * -1 with errno, unless stated otherwise.
 */


#define SANDBOX_BACKUP_DIR_ROOT    ".backup"
#define SANDBOX_BACKUP_DIR_OWNER   "by-"
#define SANDBOX_BACKUP_DIR_NEW     ".new-"
#define SANDBOX_BACKUP_DIR_TRASH   ".trash-"


typedef struct {
    int64_t   bytes;                   /* also of those being written */
    unsigned  complete;
    unsigned  writing;
} sandbox_backup_dir_usage_t;


/* opens the directory of an owner, and makes it if asked to; ENOENT: none */
int sandbox_backup_dir_owner(sandbox_store_t *store, const char *owner,
    int make);

/* what the owner has, but for one that is being written (or NULL) */
int sandbox_backup_dir_usage(int owner, const char *but,
    sandbox_backup_dir_usage_t *u);

/* see sandbox_store_backup_open() */
int sandbox_backup_dir_read(int owner, const char *id,
    sandbox_backup_t *b, int *fd);

int sandbox_backup_dir_trash(int owner, const char *id);

/* 1 if the name begins with the prefix */
int sandbox_backup_dir_is(const char *name, const char *prefix);


#endif /* _SANDBOX_BACKUP_DIR_H_INCLUDED_ */
