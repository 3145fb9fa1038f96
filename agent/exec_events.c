
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "exec_api.h"
#include "text.h"


static void agent_exec_event_json(agent_exec_api_t *x, json_t *json);
static void agent_exec_event_text(agent_exec_api_t *x, int stream,
    const char *buf, size_t len);


static const agent_header_t  agent_event_headers[] = {
    { "Content-Type", "text/event-stream" },
    { "Cache-Control", "no-cache" },
    { NULL, NULL }
};


void
agent_exec_event_start(agent_exec_api_t *x)
{
    char     stamp[32];
    json_t  *json;

    json = json_pack("{s:s, s:O, s:s}",
                     "type", "start",
                     "command", json_object_get(x->body, "command"),
                     "timestamp", agent_timestamp(stamp));

    if (x->named) {
        json_object_set_new(json, "sessionId", json_string(x->session));
    }

    if (x->shell) {
        json_object_set_new(json, "shell", json_string(x->shell));
    }

    agent_http_begin(x->r, 200, agent_event_headers, -1);
    agent_exec_event_json(x, json);
}


void
agent_exec_event_output(agent_exec_api_t *x, int stream, const char *buf,
    size_t len)
{
    char    *tail;
    size_t   n, *tail_len;

    static char  joined[AGENT_EXEC_READ + 4];

    tail = x->tail[stream - 1];
    tail_len = &x->tail_len[stream - 1];

    if (*tail_len) {
        memcpy(joined, tail, *tail_len);
        memcpy(joined + *tail_len, buf, len);

        buf = joined;
        len += *tail_len;
        *tail_len = 0;
    }

    n = agent_utf8_tail(buf, len);

    if (n) {
        len -= n;
        memcpy(tail, buf + len, n);
        *tail_len = n;
    }

    if (len) {
        agent_exec_event_text(x, stream, buf, len);
    }
}


void
agent_exec_event_complete(agent_exec_api_t *x, const agent_exit_t *e)
{
    int      i;
    char     stamp[32];
    json_t  *json;

    /* a character that will not become whole any more */

    for (i = 0; i < 2; i++) {

        if (x->tail_len[i]) {
            agent_exec_event_text(x, i + 1, x->tail[i], x->tail_len[i]);
        }
    }

    json = json_pack("{s:s, s:i, s:s}",
                     "type", "complete",
                     "exitCode", e->code,
                     "timestamp", agent_timestamp(stamp));

    agent_exec_outcome(x, json, e);

    agent_exec_event_json(x, json);
    agent_http_end(x->r);
}


static void
agent_exec_event_json(agent_exec_api_t *x, json_t *json)
{
    char    *text, *event;
    size_t   len;

    text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);

    len = text ? strlen(text) : 0;
    event = text ? malloc(len + 8) : NULL;

    if (event == NULL) {
        free(text);
        agent_http_abort(x->r);
        return;
    }

    memcpy(event, "data: ", 6);
    memcpy(event + 6, text, len);
    memcpy(event + 6 + len, "\n\n", 2);

    agent_http_write(x->r, event, len + 8);

    free(event);
    free(text);
}


static void
agent_exec_event_text(agent_exec_api_t *x, int stream, const char *buf,
    size_t len)
{
    int      lossy;
    char    *event, stamp[32];
    size_t   n;

    lossy = !agent_utf8_valid(buf, len);

    event = malloc(agent_json_escape_len(buf, len)
                   + (lossy ? agent_base64_len(len) : 0) + 128);

    if (event == NULL) {
        agent_http_abort(x->r);
        return;
    }

    n = sprintf(event, "data: {\"type\":\"%s\",\"data\":\"",
                stream == 1 ? "stdout" : "stderr");
    n += agent_json_escape(event + n, buf, len);

    if (lossy) {
        n += sprintf(event + n, "\",\"dataBase64\":\"");
        n += agent_base64(event + n, buf, len);
    }

    n += sprintf(event + n, "\",\"timestamp\":\"%s\"}\n\n",
                 agent_timestamp(stamp));

    agent_http_write(x->r, event, n);

    free(event);
}
