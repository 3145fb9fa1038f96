
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_
#define _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_


#include "exec/execute.h"


/* sends the response with the collected output, now and on drain */
void agent_execute_reply(agent_execute_t *x);
void agent_execute_reply_more(agent_execute_t *x);


#endif /* _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_ */
