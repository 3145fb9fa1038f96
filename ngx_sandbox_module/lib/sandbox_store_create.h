
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_CREATE_H_INCLUDED_
#define _SANDBOX_STORE_CREATE_H_INCLUDED_


#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"


/* the store: creation of sandboxes */


/*
 * Creates a sandbox.  Sets run, created_ms and generation of spec, but not
 * stamp.  EEXIST: the id is taken; EINVAL: no class, or env or labels are not
 * flat JSON objects; EFBIG: the spec is longer than SANDBOX_SPEC_MAX.  A crash
 * leaves at most an unlocked .new-*; a power failure may lose a sandbox
 * created in the last seconds, but never a part of it.
 */
int sandbox_store_create(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec);


/*
 * The same for the pool (sandbox_store_pool.h): its id is made of its run.
 * made: text of at most SANDBOX_STORE_POOL_TEXT bytes that tells how it is
 * made.
 */
int sandbox_store_create_warm(sandbox_store_t *store, const char *made,
    sandbox_spec_t *spec);


/*
 * Makes the directory of a run, and .run, unless they exist: a backup of the
 * state does not contain them.  The caller must hold the lock of the sandbox.
 */
int sandbox_store_create_run(sandbox_store_t *store, const char *run);


#endif /* _SANDBOX_STORE_CREATE_H_INCLUDED_ */
