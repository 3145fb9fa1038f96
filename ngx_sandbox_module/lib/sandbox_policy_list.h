
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_POLICY_LIST_H_INCLUDED_
#define _SANDBOX_POLICY_LIST_H_INCLUDED_


#include "lib/sandbox_policy_member.h"


/* policy members that are lists: see sandbox_policy_member.h */


/* a word, or a list of origins */
extern const sandbox_policy_kind_t  sandbox_policy_list_cors;
extern const sandbox_policy_kind_t  sandbox_policy_list_headers;
/* only in the file */
extern const sandbox_policy_kind_t  sandbox_policy_list_links;


#endif /* _SANDBOX_POLICY_LIST_H_INCLUDED_ */
