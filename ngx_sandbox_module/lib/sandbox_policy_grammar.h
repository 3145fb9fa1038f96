
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_POLICY_GRAMMAR_H_INCLUDED_
#define _SANDBOX_POLICY_GRAMMAR_H_INCLUDED_


#include <stddef.h>


/*
 * The grammar of policy members: keys, names of links, origins, headers.  Pure
 * functions that neither block nor allocate.
 */


/* 16 to 64 of [A-Za-z0-9_-] */
int sandbox_policy_grammar_key(const char *text, size_t len);
/* 1 to 32 of [A-Za-z0-9._-], no leading dot */
int sandbox_policy_grammar_link_name(const char *text, size_t len);
/* "http://" or "https://", a lower-case host and an optional port */
int sandbox_policy_grammar_origin(const char *text, size_t len);

/*
 * A header that a policy may set or remove: not one that frames or routes a
 * message or that nginx sets.  Values are visible ASCII with inner spaces.
 */
int sandbox_policy_grammar_header_name(const char *name, int response);
int sandbox_policy_grammar_header_value(const char *value);


#endif /* _SANDBOX_POLICY_GRAMMAR_H_INCLUDED_ */
