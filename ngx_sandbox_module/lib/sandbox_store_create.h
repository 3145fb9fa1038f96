
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_CREATE_H_INCLUDED_
#define _SANDBOX_STORE_CREATE_H_INCLUDED_


#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"


/* the store: a sandbox is made */


/*
 * Makes a sandbox.  spec: run, created_ms and generation are filled in, stamp
 * is not.  EEXIST: the id is taken; EINVAL: no class, or env or labels are no
 * JSON object of plain values; EFBIG: the spec is longer than
 * SANDBOX_SPEC_MAX.  A crash leaves at most an unlocked .new-*; a loss of
 * power may take a sandbox made in the last seconds, whole.
 */
int sandbox_store_create(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec);


#endif /* _SANDBOX_STORE_CREATE_H_INCLUDED_ */
