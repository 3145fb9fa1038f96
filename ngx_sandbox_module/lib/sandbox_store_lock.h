
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_LOCK_H_INCLUDED_
#define _SANDBOX_STORE_LOCK_H_INCLUDED_


#include "lib/sandbox_store.h"


/* the store: non-blocking locks */


/*
 * Locks <id>/lock without blocking: returns a descriptor to close, or -1 with
 * errno: EWOULDBLOCK (held, possibly by this process, or being tested by
 * sandbox_store_lock_held(): try again), ENOENT (no such sandbox).  The lock
 * belongs to the directory that has the id at the time of the call, and while
 * it is held, the id stays with that directory.
 */
int sandbox_store_lock(sandbox_store_t *store, const char *id);

/* 1: locked, 0: not locked, or -1 */
int sandbox_store_lock_held(sandbox_store_t *store, const char *id);

/*
 * Locks the state directory for background work without blocking: returns a
 * descriptor to close, or -1 with errno EWOULDBLOCK.
 */
int sandbox_store_lock_elect(sandbox_store_t *store);


#endif /* _SANDBOX_STORE_LOCK_H_INCLUDED_ */
