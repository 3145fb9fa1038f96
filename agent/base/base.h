
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_BASE_H_INCLUDED_
#define _AGENT_BASE_BASE_H_INCLUDED_


#ifndef AGENT_BUILD
#define AGENT_BUILD  "0.1.0"
#endif


#define AGENT_PROTOCOL   1
#define AGENT_WORKSPACE  "/workspace"


#endif /* _AGENT_BASE_BASE_H_INCLUDED_ */
