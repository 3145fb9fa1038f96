
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_CONTAINER_H_INCLUDED_
#define _SANDBOX_STORE_CONTAINER_H_INCLUDED_


#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"


/* the store: what the engine gave a sandbox's container */


/*
 * The engine's container: ENOENT when none was ever made, EBADMSG when the
 * file is damaged; a limit that an earlier version did not note is -1.  write:
 * ENOENT, no such sandbox; its caller holds the lock.  remove: the engine has
 * it no longer; its caller holds the lock.
 */
int sandbox_store_container_read(sandbox_store_t *store, const char *id,
    sandbox_container_t *c);
int sandbox_store_container_write(sandbox_store_t *store, const char *id,
    const sandbox_container_t *c);
int sandbox_store_container_remove(sandbox_store_t *store, const char *id);


#endif /* _SANDBOX_STORE_CONTAINER_H_INCLUDED_ */
