
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PROCESS_STREAM_H_INCLUDED_
#define _AGENT_PROCESS_STREAM_H_INCLUDED_


#include "http/request.h"


void agent_process_stream(agent_request_t *r);


#endif /* _AGENT_PROCESS_STREAM_H_INCLUDED_ */
