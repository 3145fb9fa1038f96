
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_POLICY_HEADERS_H_INCLUDED_
#define _SANDBOX_POLICY_HEADERS_H_INCLUDED_


#include <stddef.h>

#include "lib/sandbox_policy.h"


/* packed list of headers that a policy sets or removes; pure functions */


/* value NULL: remove the header; -1: no room */
int sandbox_policy_headers_set(sandbox_headers_t *headers, const char *name,
    const char *value);
/* drops the rule for a header */
void sandbox_policy_headers_unset(sandbox_headers_t *headers, const char *name);
/* the next rule from *pos on, which starts at 0: 1, or 0 at the end */
int sandbox_policy_headers_next(const sandbox_headers_t *headers, size_t *pos,
    sandbox_header_t *header);
/* 1 if the list sets that header */
int sandbox_policy_headers_sets(const sandbox_headers_t *headers,
    const char *name);


#endif /* _SANDBOX_POLICY_HEADERS_H_INCLUDED_ */
