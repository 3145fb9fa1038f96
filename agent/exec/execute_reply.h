
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_
#define _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_


#include "run/command.h"


/* collects the output and sends the response */
extern const agent_sink_t  agent_execute_reply_sink;


#endif /* _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_ */
