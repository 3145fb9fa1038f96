
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_BACKUP_H_INCLUDED_
#define _SANDBOX_BACKUP_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "lib/sandbox_name.h"


/*
 * What is recorded of a backup, and the grammar of its names.  Pure functions,
 * except the random one; nothing blocks.
 */


#define SANDBOX_BACKUP_ID_MAX    128
#define SANDBOX_BACKUP_PATH_MAX   4095
#define SANDBOX_BACKUP_NAME_MAX  1024  /* bytes of 256 characters */
#define SANDBOX_BACKUP_UUID_LEN  36

#define SANDBOX_BACKUP_TTL       (259200 * (int64_t) 1000)


typedef struct {
    char     id[SANDBOX_BACKUP_ID_MAX + 1];
    char     name[SANDBOX_BACKUP_NAME_MAX + 1];      /* or "" */
    char     sandbox[SANDBOX_ID_MAX + 1];            /* that it is of */
    char     dir[SANDBOX_BACKUP_PATH_MAX + 1];
    int64_t  size;                     /* bytes of the archive */
    int64_t  created_ms;               /* since the epoch */
    int64_t  expires_ms;
} sandbox_backup_t;


/* 1 if [A-Za-z0-9._-]{1,128}, without "..", and not beginning with "." */
int sandbox_backup_id_valid(const char *text, size_t len);

/*
 * 1 if an absolute path without "..", which is /workspace, /home, /tmp,
 * /var/tmp or /app, or below one of them
 */
int sandbox_backup_target_valid(const char *text, size_t len);

/* the id in "/var/backups/<id>.sqsh"; 1, or 0 if it is not such a path */
int sandbox_backup_path_parse(const char *text, size_t len,
    sandbox_text_t *id);

/* a random UUID with a NUL; 0, or -1 with errno */
int sandbox_backup_uuid(char buf[SANDBOX_BACKUP_UUID_LEN + 1]);

/* 0, or -1 with errno EBADMSG or ENOMEM */
int sandbox_backup_parse(const char *text, size_t len, sandbox_backup_t *b);
/* text for free(), or NULL with errno */
char *sandbox_backup_format(const sandbox_backup_t *b);


#endif /* _SANDBOX_BACKUP_H_INCLUDED_ */
