
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_CONTAINER_H_INCLUDED_
#define _SANDBOX_STORE_CONTAINER_H_INCLUDED_


#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"


/* the store: the container of a sandbox */


/*
 * The engine's container.  read: ENOENT if none was ever created, EBADMSG if
 * the file is damaged; limits not recorded by earlier versions are -1. write:
 * ENOENT if there is no such sandbox; the caller must hold the lock. remove:
 * if the engine no longer has it; the caller must hold the lock.
 */
int sandbox_store_container_read(sandbox_store_t *store, const char *id,
    sandbox_container_t *c);
int sandbox_store_container_write(sandbox_store_t *store, const char *id,
    const sandbox_container_t *c);
int sandbox_store_container_remove(sandbox_store_t *store, const char *id);


#endif /* _SANDBOX_STORE_CONTAINER_H_INCLUDED_ */
