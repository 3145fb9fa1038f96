
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PROCESS_START_H_INCLUDED_
#define _AGENT_PROCESS_START_H_INCLUDED_


#include <jansson.h>

#include "http/request.h"


/* POST /api/process/start, and execute with "background" */
void agent_process_start(agent_request_t *r, json_t *body);


#endif /* _AGENT_PROCESS_START_H_INCLUDED_ */
