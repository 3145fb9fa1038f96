
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_POLICY_GRAMMAR_H_INCLUDED_
#define _SANDBOX_POLICY_GRAMMAR_H_INCLUDED_


#include <stddef.h>

#include "lib/sandbox_policy.h"


/*
 * The grammar of what is in a policy: keys, names of links, origins, headers.
 * All of it is pure: nothing blocks or allocates.
 */


/* the next one, beginning with origins itself; "" at the end */
#define sandbox_policy_origin_next(origin)  ((origin) + strlen(origin) + 1)

/* 16 to 64 of [A-Za-z0-9_-] */
int sandbox_policy_key_valid(const char *text, size_t len);
/* 1 to 32 of [A-Za-z0-9._-], no dot in front */
int sandbox_policy_link_name_valid(const char *text, size_t len);
/* "http://" or "https://", a host in lower case, perhaps a port */
int sandbox_policy_origin_valid(const char *text, size_t len);

/* adds one; -1: no origin, or there is no room */
int sandbox_policy_origin_add(char origins[SANDBOX_ORIGINS_SIZE],
    const char *text);

/*
 * A header that a policy may set or remove: none that frames or routes a
 * message, and none of nginx's own.  Values are visible ASCII, spaces inside.
 */
int sandbox_policy_header_name_valid(const char *name, int response);
int sandbox_policy_header_value_valid(const char *value);

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


#endif /* _SANDBOX_POLICY_GRAMMAR_H_INCLUDED_ */
