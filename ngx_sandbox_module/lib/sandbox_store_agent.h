
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_AGENT_H_INCLUDED_
#define _SANDBOX_STORE_AGENT_H_INCLUDED_


#include "lib/sandbox_store.h"


/* the store: the agent's binary, as containers mount it */


#define SANDBOX_AGENT_MAX  (64 << 20)    /* of the agent's binary */

/*
 * Copies the agent's binary to .agent/agent by rename, when source differs
 * from it in size or content.  1 copied, 0 the same, -1 (EINVAL: source is no
 * regular file, or empty; EFBIG).  Waits for other workers that do the same:
 * for the start of a worker only.
 */
int sandbox_store_agent(sandbox_store_t *store, const char *source);


#endif /* _SANDBOX_STORE_AGENT_H_INCLUDED_ */
