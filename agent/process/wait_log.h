
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PROCESS_WAIT_LOG_H_INCLUDED_
#define _AGENT_PROCESS_WAIT_LOG_H_INCLUDED_


#include "http/request.h"


void agent_process_wait_log(agent_request_t *r, json_t *body);


#endif /* _AGENT_PROCESS_WAIT_LOG_H_INCLUDED_ */
