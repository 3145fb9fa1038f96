
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_SWEEP_H_INCLUDED_
#define _SANDBOX_STORE_SWEEP_H_INCLUDED_


#include "lib/sandbox_store.h"


/* the store: clean-up after crashes */


/*
 * Calls handler with the run of each unlocked .trash-* (it is locked while
 * being destroyed), until it returns non-zero; the handler may call
 * sandbox_store_trash_delete().  Removes each unlocked .new-* and orphaned
 * directories in .run.  -1 with errno: something could not be removed or read;
 * the rest was processed nevertheless.  unreadable: the sandbox whose
 * directory cannot be read, or "": while there is one, .run is not touched, as
 * what it owns is unknown.
 */
int sandbox_store_sweep(sandbox_store_t *store,
    int (*trash)(void *data, const char *run), void *data,
    char unreadable[SANDBOX_ID_MAX + 1]);


#endif /* _SANDBOX_STORE_SWEEP_H_INCLUDED_ */
