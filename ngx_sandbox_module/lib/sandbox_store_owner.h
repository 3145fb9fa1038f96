
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_OWNER_H_INCLUDED_
#define _SANDBOX_STORE_OWNER_H_INCLUDED_


#include <stddef.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"


/* the store: which directory a run belongs to */


typedef char  sandbox_store_owner_run_t[SANDBOX_RANDOM_LEN + 1];


/* a list of runs, initially zeroed */

typedef struct {
    sandbox_store_owner_run_t  *runs;
    size_t                      n;
    size_t                      size;
    /* the directory that could not be read, after a failure */
    char                        unreadable[SANDBOX_ID_MAX + 1];
} sandbox_store_owner_list_t;


/* 0, or -1 with errno: EINVAL, not a run; ENOMEM */
int sandbox_store_owner_add(sandbox_store_owner_list_t *list,
    const char *run);
/*
 * Removes those that belong to a sandbox, or to one being created or
 * destroyed: nobody owns the rest.  -1 with errno: the state directory, or the
 * directory of a sandbox (list->unreadable), cannot be read, so that any of
 * the list may have an owner.
 */
int sandbox_store_owner_strike(sandbox_store_t *store,
    sandbox_store_owner_list_t *list);
void sandbox_store_owner_free(sandbox_store_owner_list_t *list);

/*
 * Adds the id to a spec.json of an earlier version, which has none: nothing
 * else is changed.  -1 with errno: ENOTUNIQ, another directory has the same
 * run, so that either may be a copy; others as sandbox_store_update().
 */
int sandbox_store_owner_adopt(sandbox_store_t *store, const char *id);


#endif /* _SANDBOX_STORE_OWNER_H_INCLUDED_ */
