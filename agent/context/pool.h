
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_POOL_H_INCLUDED_
#define _AGENT_CONTEXT_POOL_H_INCLUDED_


#include <stddef.h>
#include <jansson.h>

#include "context/kernel.h"
#include "context/language.h"


/*
 * Fresh kernels that wait for a context.  One that a context has used never
 * comes back.
 */


#define AGENT_POOL_MAX  16             /* of a language */


/*
 * How many to keep of each language, {"python": 1}: from now on, and until the
 * agent exits.  0, or -1 if json is anything else.
 */
int agent_pool_prewarm(json_t *json);

/*
 * A kernel of the language, which the caller owns from now on, whether it is
 * ready yet or not; NULL: there is none.
 */
agent_kernel_t *agent_pool_take(const agent_language_t *language);


#endif /* _AGENT_CONTEXT_POOL_H_INCLUDED_ */
