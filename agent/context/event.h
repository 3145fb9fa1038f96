
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_EVENT_H_INCLUDED_
#define _AGENT_CONTEXT_EVENT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "context/context.h"


/*
 * The text of events: compact JSON, ASCII only, as clients decode each chunk
 * of the network by itself.
 */


/* the members of an event that say how the state was lost, and a comma */
void agent_event_lost(agent_buffer_t *b, const agent_exit_t *e);

/* the error of an execution that its kernel does not report */
void agent_event_error(agent_buffer_t *b, agent_execution_t *x,
    agent_execution_end_e how, const agent_exit_t *e, int restarted,
    uint64_t timeout_ms);


#endif /* _AGENT_CONTEXT_EVENT_H_INCLUDED_ */
