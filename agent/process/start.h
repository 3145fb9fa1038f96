
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PROCESS_START_H_INCLUDED_
#define _AGENT_PROCESS_START_H_INCLUDED_


#include <jansson.h>

#include "http/request.h"


/* also used by execute with "background"; body is borrowed */
void agent_process_start(agent_request_t *r, json_t *body);


/* POST /api/process/start */

void agent_process_start_post(agent_request_t *r);


#endif /* _AGENT_PROCESS_START_H_INCLUDED_ */
