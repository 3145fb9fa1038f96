
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_POLICY_HEADERS_H_INCLUDED_
#define _SANDBOX_POLICY_HEADERS_H_INCLUDED_


#include <stddef.h>

#include "lib/sandbox_policy.h"


/* headers that a policy sets or removes, packed; nothing blocks or allocates */


/* value NULL: to be removed; -1: there is no room */
int sandbox_policy_headers_set(sandbox_headers_t *headers, const char *name,
    const char *value);
/* forgets what was said of a header */
void sandbox_policy_headers_unset(sandbox_headers_t *headers, const char *name);
/* the next one from *pos on, which begins as 0: 1, or 0 at the end */
int sandbox_policy_headers_next(const sandbox_headers_t *headers, size_t *pos,
    sandbox_header_t *header);
/* 1 when it sets that one */
int sandbox_policy_headers_sets(const sandbox_headers_t *headers,
    const char *name);


#endif /* _SANDBOX_POLICY_HEADERS_H_INCLUDED_ */
