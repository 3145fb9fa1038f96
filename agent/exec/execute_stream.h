
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_EXECUTE_STREAM_H_INCLUDED_
#define _AGENT_EXEC_EXECUTE_STREAM_H_INCLUDED_


#include <stddef.h>

#include "exec/execute.h"
#include "run/exit.h"


void agent_execute_stream_start(agent_execute_t *x);
void agent_execute_stream_output(agent_execute_t *x, int stream,
    const char *buf, size_t len);
void agent_execute_stream_complete(agent_execute_t *x, const agent_exit_t *e);


#endif /* _AGENT_EXEC_EXECUTE_STREAM_H_INCLUDED_ */
