
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "base/json_writer.h"
#include "base/loop.h"
#include "base/time.h"
#include "base/utf8.h"
#include "http/request.h"
#include "http/response.h"
#include "http/sse.h"


static void agent_sse_open(agent_buffer_t *b, const char *event,
    const uint64_t *id);
static void agent_sse_send(agent_sse_t *sse, agent_buffer_t *b);
static void agent_sse_keepalive(uv_timer_t *timer);
static void agent_sse_drain(agent_request_t *r);
static void agent_sse_close(agent_request_t *r, int aborted);
static void agent_sse_closed(uv_handle_t *handle);


agent_sse_t *
agent_sse_create(agent_request_t *r)
{
    agent_sse_t  *sse;

    static const agent_response_header_t  headers[] = {
        { "Content-Type", "text/event-stream" },
        { "Cache-Control", "no-cache" },
        { NULL, NULL }
    };

    sse = calloc(1, sizeof(agent_sse_t));

    if (sse == NULL) {
        return NULL;
    }

    sse->r = r;

    r->data = sse;
    r->on_drain = agent_sse_drain;
    r->on_close = agent_sse_close;

    uv_timer_init(agent_loop, &sse->timer);
    sse->timer.data = sse;

    uv_timer_start(&sse->timer, agent_sse_keepalive, AGENT_SSE_KEEPALIVE,
                   AGENT_SSE_KEEPALIVE);

    agent_response_begin(r, 200, headers, -1);

    return sse;
}


int
agent_sse_full(agent_sse_t *sse)
{
    return agent_response_full(sse->r);
}


void
agent_sse_json(agent_sse_t *sse, const uint64_t *id, json_t *json)
{
    char            *text;
    agent_buffer_t   b;

    text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);

    if (text == NULL) {
        agent_response_abort(sse->r);
        return;
    }

    agent_sse_open(&b, NULL, id);
    agent_buffer_add(&b, text, strlen(text));
    agent_sse_send(sse, &b);

    free(text);
}


void
agent_sse_text(agent_sse_t *sse, agent_buffer_t *json)
{
    agent_buffer_t  b;

    sse->active = 1;

    agent_sse_open(&b, NULL, NULL);
    agent_buffer_add(&b, json->data, json->len);
    b.failed |= json->failed;
    agent_sse_send(sse, &b);

    agent_buffer_free(json);
}


void
agent_sse_output(agent_sse_t *sse, const uint64_t *id, const char *process,
    int stream, const char *buf, size_t len)
{
    char                  stamp[32];
    agent_buffer_t        b;
    agent_json_writer_t   w;

    sse->active = 1;

    agent_sse_open(&b, NULL, id);
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

    agent_sse_send(sse, &b);
}


void
agent_sse_base64(agent_sse_t *sse, const char *event, const char *buf,
    size_t len)
{
    char            *p;
    agent_buffer_t   b;

    sse->active = 1;

    agent_sse_open(&b, event, NULL);

    p = agent_buffer_reserve(&b, agent_base64_len(len));

    if (p) {
        b.len += agent_base64(p, buf, len);
    }

    agent_sse_send(sse, &b);
}


void
agent_sse_bytes(agent_sse_t *sse, const char *buf, size_t len)
{
    sse->active = 1;

    agent_response_write(sse->r, buf, len);
}


void
agent_sse_hold(agent_sse_t *sse, const char *buf, size_t len)
{
    sse->active = 1;

    agent_response_hold(sse->r, buf, len);
}


void
agent_sse_finish(agent_sse_t *sse, const char *event, agent_buffer_t *data)
{
    agent_buffer_t  b;

    agent_sse_open(&b, event, NULL);
    agent_buffer_add(&b, data->data, data->len);
    agent_buffer_adds(&b, "\n\n");

    sse->ended = 1;

    if (b.failed || data->failed) {
        agent_response_abort(sse->r);

    } else {
        agent_response_finish(sse->r, b.data, b.len);
    }

    agent_buffer_free(data);
    agent_buffer_free(&b);
}


void
agent_sse_end(agent_sse_t *sse)
{
    sse->ended = 1;

    agent_response_end(sse->r);
}


static void
agent_sse_open(agent_buffer_t *b, const char *event, const uint64_t *id)
{
    memset(b, 0, sizeof(agent_buffer_t));

    if (event) {
        agent_buffer_printf(b, "event: %s\n", event);
    }

    if (id) {
        agent_buffer_printf(b, "id: %" PRIu64 "\n", *id);
    }

    agent_buffer_adds(b, "data: ");
}


static void
agent_sse_send(agent_sse_t *sse, agent_buffer_t *b)
{
    agent_buffer_adds(b, "\n\n");

    if (b->failed) {
        agent_response_abort(sse->r);

    } else {
        agent_response_write(sse->r, b->data, b->len);
    }

    agent_buffer_free(b);
}


static void
agent_sse_keepalive(uv_timer_t *timer)
{
    agent_sse_t  *sse;

    sse = timer->data;

    /* no keep-alive while the client has unread data */

    if (!sse->active && !sse->ended && agent_response_queued(sse->r) == 0) {
        agent_response_write(sse->r, ": \n\n", 4);
    }

    sse->active = 0;
}


static void
agent_sse_drain(agent_request_t *r)
{
    agent_sse_t  *sse;

    sse = r->data;

    if (sse->on_drain && !sse->ended) {
        sse->on_drain(sse->data);
    }
}


static void
agent_sse_close(agent_request_t *r, int aborted)
{
    agent_sse_t  *sse;

    sse = r->data;

    if (sse->on_close) {
        sse->on_close(sse->data);
    }

    uv_close((uv_handle_t *) &sse->timer, agent_sse_closed);
}


static void
agent_sse_closed(uv_handle_t *handle)
{
    free(handle->data);
}
