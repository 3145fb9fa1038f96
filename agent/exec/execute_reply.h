
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_
#define _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_


#include "exec/execute_int.h"
#include "run/command.h"


/* collects the output and sends the response */
extern const agent_sink_t  agent_execute_reply_sink;

/* frees the output */
void agent_execute_reply_free(agent_execute_t *x);


#endif /* _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_ */
