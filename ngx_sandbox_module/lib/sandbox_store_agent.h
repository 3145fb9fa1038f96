
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_AGENT_H_INCLUDED_
#define _SANDBOX_STORE_AGENT_H_INCLUDED_


#include "lib/sandbox_store.h"


/* the store: the agent's binary, mounted into containers */


#define SANDBOX_AGENT_MAX  (64 << 20)  /* maximum size of the agent's binary */

/*
 * Copies the agent's binary to .agent/agent by rename if source differs in
 * size or content.  1: copied; 0: identical; -1 with errno (EINVAL: source is
 * not a regular file, or empty; EFBIG).  While another worker does the same, it
 * blocks if wait is set, which is only for the start of a worker, and fails
 * with EWOULDBLOCK otherwise.
 */
int sandbox_store_agent(sandbox_store_t *store, const char *source, int wait);
/* 1 if there is an agent, of whatever version, else 0 */
int sandbox_store_agent_exists(sandbox_store_t *store);


#endif /* _SANDBOX_STORE_AGENT_H_INCLUDED_ */
