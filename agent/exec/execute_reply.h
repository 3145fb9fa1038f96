
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_
#define _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_


#include "exec/execute.h"


/* answers with what is in out; afterwards on drain */
void agent_execute_reply(agent_execute_t *x);
void agent_execute_reply_more(agent_execute_t *x);


#endif /* _AGENT_EXEC_EXECUTE_REPLY_H_INCLUDED_ */
