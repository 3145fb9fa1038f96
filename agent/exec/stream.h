
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_STREAM_H_INCLUDED_
#define _AGENT_EXEC_STREAM_H_INCLUDED_


#include <stddef.h>

#include "exec/network_hint.h"
#include "http/sse.h"
#include "run/command.h"


/*
 * The output of a command as server-sent events: the sink of POST /exec and
 * /api/execute/stream, which differ in the encoding of events.
 */


typedef struct agent_exec_stream_s  agent_exec_stream_t;


typedef struct {
    void        (*output)(agent_exec_stream_t *s, int stream, const char *buf,
                          size_t len);
    /* sends the last events and ends the response */
    void        (*end)(agent_exec_stream_t *s, const agent_exit_t *e);
    const char   *ms;                  /* format of milliseconds */
} agent_exec_encoder_t;


/* cmd->data points to a structure that begins with this one */

struct agent_exec_stream_s {
    agent_sse_t                 *sse;
    agent_command_t             *cmd;  /* NULL: not running */
    const agent_exec_encoder_t  *encoder;
    agent_network_hint_t         hint;
};


extern const agent_sink_t  agent_exec_stream_sink;


/* handler of the SSE object: resumes a paused command */
void agent_exec_stream_drain(void *data);


#endif /* _AGENT_EXEC_STREAM_H_INCLUDED_ */
