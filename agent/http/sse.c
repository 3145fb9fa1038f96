
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "base/utf8.h"
#include "http/request.h"
#include "http/response.h"
#include "http/sse.h"


static void agent_sse_event(agent_buffer_t *b, const uint64_t *id);
static void agent_sse_send(agent_request_t *r, agent_buffer_t *b);


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
    char            *text;
    agent_buffer_t   b;

    text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);

    if (text == NULL) {
        agent_response_abort(r);
        return;
    }

    agent_sse_event(&b, id);
    agent_buffer_add(&b, text, strlen(text));
    agent_sse_send(r, &b);

    free(text);
}


void
agent_sse_output(agent_request_t *r, const uint64_t *id, const char *process,
    int stream, const char *buf, size_t len)
{
    char                  stamp[32];
    agent_buffer_t        b;
    agent_json_writer_t   w;

    agent_sse_event(&b, id);
    agent_json_writer_init(&w, &b);

    agent_json_writer_object(&w, NULL);
    agent_json_writer_word(&w, "type", stream == 1 ? "stdout" : "stderr");
    agent_json_writer_text(&w, "data", buf, len);

    if (!agent_utf8_valid(buf, len)) {
        agent_json_writer_base64(&w, "dataBase64", buf, len);
    }

    if (process) {
        agent_json_writer_word(&w, "processId", process);
    }

    agent_json_writer_word(&w, "timestamp", agent_time_iso(stamp));
    agent_json_writer_object_end(&w);

    agent_sse_send(r, &b);
}


static void
agent_sse_event(agent_buffer_t *b, const uint64_t *id)
{
    memset(b, 0, sizeof(agent_buffer_t));

    if (id) {
        agent_buffer_printf(b, "id: %" PRIu64 "\n", *id);
    }

    agent_buffer_adds(b, "data: ");
}


static void
agent_sse_send(agent_request_t *r, agent_buffer_t *b)
{
    agent_buffer_adds(b, "\n\n");

    if (b->failed) {
        agent_response_abort(r);

    } else {
        agent_response_write(r, b->data, b->len);
    }

    agent_buffer_free(b);
}


void
agent_sse_keepalive(agent_request_t *r)
{
    if (agent_response_queued(r) == 0) {
        agent_response_write(r, ": \n\n", 4);
    }
}
