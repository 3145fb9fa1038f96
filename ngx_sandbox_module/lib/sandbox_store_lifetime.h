
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_LIFETIME_H_INCLUDED_
#define _SANDBOX_STORE_LIFETIME_H_INCLUDED_


#include <stdint.h>

#include "lib/sandbox_store.h"


/* the store: when a sandbox last started and ended, and how */


#define SANDBOX_EXIT_REASON_MAX    16


typedef struct {
    char             reason[SANDBOX_EXIT_REASON_MAX + 1]; /* without a comma */
    int              exit_code;          /* -1: none is known */
    int64_t          at_ms;              /* since the epoch; 0: not known */
} sandbox_exit_t;


/*
 * When the sandbox last turned, in ms since the epoch, or -1: the last start,
 * or its end, where one was noted after it (ended 1); one that never started
 * ended when it was made.  They are the times of the lock's file, mtime and
 * atime.  An end is to be noted when the engine has told of it: an agent may
 * say what it likes.  ended: an end before the last start is put at that.
 */
int64_t sandbox_store_lifetime_changed(sandbox_store_t *store, const char *id,
    int *ended);
int sandbox_store_lifetime_started(sandbox_store_t *store, const char *id);
int sandbox_store_lifetime_ended(sandbox_store_t *store, const char *id,
    int64_t ms);

/*
 * How the sandbox's container had ended when it was last started.  read:
 * ENOENT, it never had, or there is no such sandbox; EBADMSG.  write: run as
 * in a structure that carries one; its caller holds the lock.
 */
int sandbox_store_lifetime_read(sandbox_store_t *store, const char *id,
    sandbox_exit_t *end);
int sandbox_store_lifetime_write(sandbox_store_t *store, const char *id,
    const char *run, const sandbox_exit_t *end);


#endif /* _SANDBOX_STORE_LIFETIME_H_INCLUDED_ */
