
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json_text.h"
#include "base/time.h"
#include "base/utf8.h"
#include "http/request.h"
#include "http/response.h"
#include "http/sse.h"


void
agent_sse_begin(agent_request_t *r)
{
    static const agent_response_header_t  headers[] = {
        { "Content-Type", "text/event-stream" },
        { "Cache-Control", "no-cache" },
        { NULL, NULL }
    };

    agent_response_begin(r, 200, headers, -1);
}


void
agent_sse_json(agent_request_t *r, const uint64_t *id, json_t *json)
{
    char    *text, *event;
    size_t   len, n;

    text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);

    len = text ? strlen(text) : 0;
    event = text ? malloc(len + 64) : NULL;

    if (event == NULL) {
        free(text);
        agent_response_abort(r);
        return;
    }

    n = id ? sprintf(event, "id: %" PRIu64 "\n", *id) : 0;
    n += sprintf(event + n, "data: ");

    memcpy(event + n, text, len);
    n += len;

    event[n++] = '\n';
    event[n++] = '\n';

    agent_response_write(r, event, n);

    free(event);
    free(text);
}


void
agent_sse_output(agent_request_t *r, const uint64_t *id, const char *process,
    int stream, const char *buf, size_t len)
{
    int      lossy;
    char    *event, stamp[32];
    size_t   n;

    lossy = !agent_utf8_valid(buf, len);

    event = malloc(agent_json_text_len(buf, len)
                   + (lossy ? agent_base64_len(len) : 0)
                   + (process ? strlen(process) : 0) + 192);

    if (event == NULL) {
        agent_response_abort(r);
        return;
    }

    n = id ? sprintf(event, "id: %" PRIu64 "\n", *id) : 0;

    n += sprintf(event + n, "data: {\"type\":\"%s\",\"data\":\"",
                 stream == 1 ? "stdout" : "stderr");
    n += agent_json_text_escape(event + n, buf, len);

    if (lossy) {
        n += sprintf(event + n, "\",\"dataBase64\":\"");
        n += agent_base64(event + n, buf, len);
    }

    if (process) {
        n += sprintf(event + n, "\",\"processId\":\"%s", process);
    }

    n += sprintf(event + n, "\",\"timestamp\":\"%s\"}\n\n",
                 agent_time_iso(stamp));

    agent_response_write(r, event, n);

    free(event);
}


void
agent_sse_keepalive(agent_request_t *r)
{
    if (agent_response_queued(r) == 0) {
        agent_response_write(r, ": \n\n", 4);
    }
}
