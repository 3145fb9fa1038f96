
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>

#include "exec/network_hint.h"
#include "exec/stream.h"
#include "http/sse.h"
#include "run/command.h"


static void agent_exec_stream_write(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static int agent_exec_stream_full(agent_command_t *cmd);
static void agent_exec_stream_exit(agent_command_t *cmd,
    const agent_exit_t *e);


const agent_sink_t  agent_exec_stream_sink = {
    agent_exec_stream_write,
    agent_exec_stream_full,
    agent_exec_stream_exit
};


static void
agent_exec_stream_write(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    agent_exec_stream_t  *s;

    s = cmd->data;

    if (stream == 2) {
        agent_network_hint_output(&s->hint, buf, len);
    }

    s->encoder->output(s, stream, buf, len);
}


static int
agent_exec_stream_full(agent_command_t *cmd)
{
    agent_exec_stream_t  *s;

    s = cmd->data;

    return agent_sse_full(s->sse);
}


static void
agent_exec_stream_exit(agent_command_t *cmd, const agent_exit_t *e)
{
    int                   n;
    char                  text[64];
    const char           *line;
    agent_exec_stream_t  *s;

    s = cmd->data;
    s->cmd = NULL;

    line = e->code ? agent_network_hint_line(&s->hint) : NULL;

    if (line) {
        s->encoder->output(s, 2, line, strlen(line));
    }

    if (e->timed_out) {
        n = snprintf(text, sizeof(text), "Command timed out after %llu%s\n",
                     (unsigned long long) cmd->timeout_ms, s->encoder->ms);
        s->encoder->output(s, 2, text, n);
    }

    s->encoder->end(s, e);
}


void
agent_exec_stream_drain(void *data)
{
    agent_exec_stream_t  *s;

    s = data;

    if (s->cmd) {
        agent_command_resume(s->cmd);
    }
}
