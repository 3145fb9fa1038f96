
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_SWEEP_H_INCLUDED_
#define _SANDBOX_STORE_SWEEP_H_INCLUDED_


#include "lib/sandbox_store.h"


/* the store: what crashes left */


/*
 * Calls handler with the run of each .trash-* whose lock nobody holds (who
 * destroys holds it), until it returns non-zero; it may call
 * sandbox_store_trash_delete().  Removes each .new-* that nobody holds, and the
 * directories in .run that belong to nobody.  -1: something could not be
 * removed or read (errno); the rest was done all the same.
 */
int sandbox_store_sweep(sandbox_store_t *store,
    int (*trash)(void *data, const char *run), void *data);


#endif /* _SANDBOX_STORE_SWEEP_H_INCLUDED_ */
