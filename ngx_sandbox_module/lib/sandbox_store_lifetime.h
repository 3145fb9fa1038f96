
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_LIFETIME_H_INCLUDED_
#define _SANDBOX_STORE_LIFETIME_H_INCLUDED_


#include <stdint.h>

#include "lib/sandbox_store.h"


/* the store: the last start and exit of a sandbox */


#define SANDBOX_EXIT_REASON_MAX    16


typedef struct {
    char             reason[SANDBOX_EXIT_REASON_MAX + 1]; /* no commas */
    int              exit_code;          /* -1: unknown */
    int64_t          at_ms;              /* since the epoch; 0: unknown */
} sandbox_exit_t;


/*
 * The time of the last state change in ms since the epoch, or -1: the last
 * start, or the exit, if one was recorded after it (ended 1).  A sandbox that
 * was never started counts as exited at its creation.  The times are mtime and
 * atime of the lock file.  An exit is recorded only when reported by the
 * engine, as agents are not trusted.  ended: an exit before the last start is
 * recorded with the time of that start.
 */
int64_t sandbox_store_lifetime_changed(sandbox_store_t *store, const char *id,
    int *ended);
int sandbox_store_lifetime_started(sandbox_store_t *store, const char *id);
int sandbox_store_lifetime_ended(sandbox_store_t *store, const char *id,
    int64_t ms);

/*
 * How the container of the sandbox had exited before its last start.  read:
 * ENOENT if it never had or there is no such sandbox; EBADMSG.  write: run as
 * in a structure with a run; the caller must hold the lock.
 */
int sandbox_store_lifetime_read(sandbox_store_t *store, const char *id,
    sandbox_exit_t *end);
int sandbox_store_lifetime_write(sandbox_store_t *store, const char *id,
    const char *run, const sandbox_exit_t *end);


#endif /* _SANDBOX_STORE_LIFETIME_H_INCLUDED_ */
