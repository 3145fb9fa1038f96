
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PROCESS_LOGS_H_INCLUDED_
#define _AGENT_PROCESS_LOGS_H_INCLUDED_


#include "http/request.h"


void agent_process_logs(agent_request_t *r);


#endif /* _AGENT_PROCESS_LOGS_H_INCLUDED_ */
