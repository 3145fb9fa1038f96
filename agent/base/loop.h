
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_LOOP_H_INCLUDED_
#define _AGENT_BASE_LOOP_H_INCLUDED_


#include <uv.h>


/* the only event loop of the agent; NULL until created by main() */
extern uv_loop_t  *agent_loop;


#endif /* _AGENT_BASE_LOOP_H_INCLUDED_ */
