
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/time.h"
#include "base/utf8.h"
#include "exec/execute.h"
#include "exec/execute_stream.h"
#include "http/response.h"
#include "http/sse.h"
#include "run/command.h"
#include "run/exit.h"


void
agent_execute_stream_start(agent_execute_t *x)
{
    char     stamp[32];
    json_t  *json;

    json = json_pack("{s:s, s:O, s:s}",
                     "type", "start",
                     "command", json_object_get(x->body, "command"),
                     "timestamp", agent_time_iso(stamp));

    if (x->named) {
        json_object_set_new(json, "sessionId", json_string(x->session));
    }

    if (x->shell) {
        json_object_set_new(json, "shell", json_string(x->shell));
    }

    agent_sse_begin(x->r);
    agent_sse_json(x->r, NULL, json);
}


void
agent_execute_stream_output(agent_execute_t *x, int stream, const char *buf,
    size_t len)
{
    char    *tail;
    size_t   n, *tail_len;

    static char  joined[AGENT_COMMAND_READ + 4];

    tail = x->tail[stream - 1];
    tail_len = &x->tail_len[stream - 1];

    if (*tail_len) {
        memcpy(joined, tail, *tail_len);
        memcpy(joined + *tail_len, buf, len);

        buf = joined;
        len += *tail_len;
        *tail_len = 0;
    }

    n = agent_utf8_incomplete(buf, len);

    if (n) {
        len -= n;
        memcpy(tail, buf + len, n);
        *tail_len = n;
    }

    if (len) {
        agent_sse_output(x->r, NULL, NULL, stream, buf, len);
    }
}


void
agent_execute_stream_complete(agent_execute_t *x, const agent_exit_t *e)
{
    int      i;
    char     stamp[32];
    json_t  *json;

    /* a truncated character at the end of the output */

    for (i = 0; i < 2; i++) {

        if (x->tail_len[i]) {
            agent_sse_output(x->r, NULL, NULL, i + 1, x->tail[i],
                             x->tail_len[i]);
        }
    }

    json = json_pack("{s:s, s:i, s:s}",
                     "type", "complete",
                     "exitCode", e->code,
                     "timestamp", agent_time_iso(stamp));

    agent_execute_outcome(x, json, e);

    agent_sse_json(x->r, NULL, json);
    agent_response_end(x->r);
}
