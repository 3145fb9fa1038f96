
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_
#define _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_


#include "exec/execute.h"


/* answers with what is in out; afterwards on drain */
void agent_exec_reply(agent_exec_api_t *x);
void agent_exec_reply_more(agent_exec_api_t *x);


#endif /* _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_ */
