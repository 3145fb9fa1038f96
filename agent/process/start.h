
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PROCESS_START_H_INCLUDED_
#define _AGENT_PROCESS_START_H_INCLUDED_


#include <jansson.h>

#include "http/request.h"


/* also for execute with "background": borrows body */
void agent_process_start(agent_request_t *r, json_t *body);


/* handlers of the routes below /api/process, and of /api/port-watch */

void agent_process_post_start(agent_request_t *r);


#endif /* _AGENT_PROCESS_START_H_INCLUDED_ */
