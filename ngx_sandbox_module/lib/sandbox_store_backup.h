
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_BACKUP_H_INCLUDED_
#define _SANDBOX_STORE_BACKUP_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "lib/sandbox_backup.h"
#include "lib/sandbox_store.h"


/*
 * The store: backups of directories.  They belong to an owner of sandboxes and
 * outlive these.
 *
 *     .backup/by-<owner>/<id>/data        the archive
 *     .backup/by-<owner>/<id>/meta.json   what is recorded of it
 *     .backup/by-<owner>/.new-<random>  .trash-<random>
 *
 * One that is being written has the lock of its directory, which gets its id
 * when it is complete.  Functions return 0, or -1 with errno.  Those that
 * write, delete and sweep take as long as the disk does: they are called in a
 * thread.  Ids are checked with sandbox_backup_id_valid() by the caller.
 */


/* of an owner; and being written at a time */
#define SANDBOX_STORE_BACKUP_MAX      1000
#define SANDBOX_STORE_BACKUP_WRITING  4


/* one that is being written; zero-filled, it is none */

typedef struct {
    int      owner;                    /* directories; -1: none */
    int      dir;
    int      fd;
    char     name[sizeof(".new-") + SANDBOX_RANDOM_LEN];
    int64_t  size;                     /* written */
    int64_t  max;                      /* bytes of all of the owner */
    int64_t  others;                   /* bytes of the others, as last seen */
    int64_t  next;                     /* size at which they are seen again */
} sandbox_store_backup_t;


/*
 * Begins to write one.  EEXIST: the id is taken; EDQUOT: the owner's have max
 * bytes; EMLINK: there are SANDBOX_STORE_BACKUP_MAX; EBUSY: so many are being
 * written.  On failure nothing is open.
 */
int sandbox_store_backup_create(sandbox_store_t *store, const char *owner,
    const char *id, int64_t max, sandbox_store_backup_t *w);

/* EDQUOT as above, which is exact only in commit */
int sandbox_store_backup_write(sandbox_store_backup_t *w, const void *buf,
    size_t len);

/*
 * Sets b->size, and gives the backup the id of b.  Afterwards nothing is open,
 * and after a failure nothing is left.
 */
int sandbox_store_backup_commit(sandbox_store_backup_t *w,
    sandbox_backup_t *b);

/* removes it */
void sandbox_store_backup_abort(sandbox_store_backup_t *w);

/*
 * What is recorded, and the archive, open for reading, unless fd is NULL.
 * ENOENT: no such backup; EBADMSG: damaged.
 */
int sandbox_store_backup_open(sandbox_store_t *store, const char *owner,
    const char *id, sandbox_backup_t *b, int *fd);

/* ENOENT: no such backup */
int sandbox_store_backup_delete(sandbox_store_t *store, const char *owner,
    const char *id);

/*
 * Calls handler for each of the owner's, in no particular order, until it
 * returns non-zero.  Damaged ones are left out.
 */
int sandbox_store_backup_each(sandbox_store_t *store, const char *owner,
    int (*handler)(void *data, const sandbox_backup_t *b), void *data);

#endif /* _SANDBOX_STORE_BACKUP_H_INCLUDED_ */
