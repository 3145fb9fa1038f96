
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_ACL_H_INCLUDED_
#define _SANDBOX_STORE_ACL_H_INCLUDED_


#include <sys/types.h>

#include "lib/sandbox_store.h"


/* the store: who may search its directory */


/*
 * Lets a user search the directory, by an entry in its access control list: it
 * can then use paths that it knows, and list nothing.  1: an entry was added,
 * 0: not needed, -1 with errno: EOPNOTSUPP if the file system has no lists.
 * Source: Linux, include/uapi/linux/posix_acl_xattr.h.
 */
int sandbox_store_acl_search(sandbox_store_t *store, uid_t uid);


#endif /* _SANDBOX_STORE_ACL_H_INCLUDED_ */
