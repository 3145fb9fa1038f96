
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_TRASH_H_INCLUDED_
#define _SANDBOX_STORE_TRASH_H_INCLUDED_


#include "lib/sandbox_store.h"


/* the store: a sandbox is destroyed */


/*
 * Renames <id> to .trash-<run>; its caller holds the lock.  The name is free
 * from then on.  ENOENT: the id is not (any more) the sandbox of that run.
 */
int sandbox_store_trash(sandbox_store_t *store, const char *id,
    const char *run);

/*
 * Deletes .trash-<run> and .run/<run>, once the engine's container is gone.
 * What is missing is no error.  ENOTEMPTY: there are directories in it that
 * the store did not make; they stay.
 */
int sandbox_store_trash_delete(sandbox_store_t *store, const char *run);


#endif /* _SANDBOX_STORE_TRASH_H_INCLUDED_ */
