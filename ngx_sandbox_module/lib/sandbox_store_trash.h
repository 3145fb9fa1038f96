
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_TRASH_H_INCLUDED_
#define _SANDBOX_STORE_TRASH_H_INCLUDED_


#include "lib/sandbox_store.h"


/* the store: destruction of sandboxes */


/*
 * Renames <id> to .trash-<run>, which frees the id; the caller must hold the
 * lock.  ENOENT: the id is not, or no longer, the sandbox of that run.
 */
int sandbox_store_trash(sandbox_store_t *store, const char *id,
    const char *run);

/*
 * Deletes .trash-<run> and .run/<run>, once the engine's container has been
 * removed.  Missing files are not an error.  ENOTEMPTY: it contains
 * directories that the store did not create; they are kept.
 */
int sandbox_store_trash_delete(sandbox_store_t *store, const char *run);


#endif /* _SANDBOX_STORE_TRASH_H_INCLUDED_ */
