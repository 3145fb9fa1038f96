
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <jansson.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "http/error.h"
#include "http/websocket.h"
#include "transport/exchange.h"
#include "transport/message.h"
#include "transport/multiplex.h"
#include "transport/reply.h"


#define AGENT_MULTIPLEX_MAX    (4 * 1024 * 1024)   /* bytes of a message */
#define AGENT_MULTIPLEX_CALLS  64                  /* at a time */
#define AGENT_MULTIPLEX_ID     128


typedef struct agent_call_s  agent_call_t;


/* a request, from its message to the end of its response */

struct agent_call_s {
    TAILQ_ENTRY(agent_call_s)    link;
    agent_multiplex_t           *m;
    agent_exchange_t            *exchange;
    agent_reply_t                reply;
};


TAILQ_HEAD(agent_call_list_s, agent_call_s);


struct agent_multiplex_s {
    agent_websocket_t           *ws;
    agent_buffer_t               text;       /* of the message so far */
    struct agent_call_list_s     calls;
    size_t                       ncalls;
    agent_call_t                *sender;     /* in the middle of a message */
    unsigned                     held:1;     /* its messages wait */
    unsigned                     closing:1;
};


static void agent_multiplex_data(agent_websocket_t *ws, int opcode,
    const char *buf, size_t len, int last);
static void agent_multiplex_drain(agent_websocket_t *ws);
static void agent_multiplex_close(agent_websocket_t *ws);
static void agent_multiplex_forget(agent_multiplex_t *m);
static void agent_multiplex_message(agent_multiplex_t *m);
static void agent_multiplex_cancel(agent_multiplex_t *m, const char *id);
static void agent_multiplex_request(agent_multiplex_t *m, json_t *json,
    const char *id);
static void agent_multiplex_end(agent_multiplex_t *m, int code,
    const char *reason);
static void agent_multiplex_flow(agent_multiplex_t *m);
static void agent_call_head(agent_exchange_t *x, int status,
    const char *type);
static void agent_call_body(agent_exchange_t *x, const char *buf, size_t len);
static void agent_call_end(agent_exchange_t *x, int whole);
static void agent_call_sent(agent_call_t *call);
static void agent_call_free(agent_call_t *call);


void
agent_multiplex_get(agent_request_t *r)
{
    agent_multiplex_t  *m;

    if (agent_websocket_check(r) != 0) {
        return;
    }

    m = calloc(1, sizeof(agent_multiplex_t));

    if (m == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    TAILQ_INIT(&m->calls);

    m->ws = agent_websocket_accept(r);

    if (m->ws == NULL) {
        free(m);
        return;
    }

    m->ws->data = m;
    m->ws->on_data = agent_multiplex_data;
    m->ws->on_drain = agent_multiplex_drain;
    m->ws->on_close = agent_multiplex_close;
}


static void
agent_multiplex_data(agent_websocket_t *ws, int opcode, const char *buf,
    size_t len, int last)
{
    agent_multiplex_t  *m;

    m = ws->data;

    if (m->closing) {
        return;
    }

    if (m->text.len + len > AGENT_MULTIPLEX_MAX) {
        agent_multiplex_end(m, AGENT_WEBSOCKET_TOO_BIG,
                            "a message is larger than 4 MB; send the request "
                            "by HTTP");
        return;
    }

    if (agent_memory_collect(len) == -1) {
        agent_multiplex_end(m, AGENT_WEBSOCKET_TRY_AGAIN,
                            "the requests in progress are too large");
        return;
    }

    agent_buffer_add(&m->text, buf, len);

    if (m->text.failed) {
        agent_memory_drop(len);
        agent_multiplex_end(m, AGENT_WEBSOCKET_INTERNAL_ERROR,
                            "out of memory");
        return;
    }

    if (last) {
        agent_multiplex_message(m);
        agent_multiplex_forget(m);
    }
}


static void
agent_multiplex_drain(agent_websocket_t *ws)
{
    agent_multiplex_flow(ws->data);
}


static void
agent_multiplex_close(agent_websocket_t *ws)
{
    agent_call_t       *call;
    agent_multiplex_t  *m;

    m = ws->data;
    m->closing = 1;

    while ((call = TAILQ_FIRST(&m->calls)) != NULL) {
        agent_exchange_abort(call->exchange);
        agent_call_free(call);
    }

    agent_multiplex_forget(m);
    free(m);
}


static void
agent_multiplex_forget(agent_multiplex_t *m)
{
    agent_memory_drop(m->text.len);
    agent_buffer_free(&m->text);
}


static void
agent_multiplex_message(agent_multiplex_t *m)
{
    json_t      *json;
    const char  *type, *id;

    json = json_loadb(m->text.data ? m->text.data : "", m->text.len, 0, NULL);

    type = agent_json_string_of(json_object_get(json, "type"));
    id = agent_json_string_of(json_object_get(json, "id"));

    if (json == NULL) {
        agent_reply_error(m->ws, NULL, 400, "PARSE_ERROR",
                          "a message must be a JSON object");

    } else if (id == NULL || id[0] == '\0' || strlen(id) > AGENT_MULTIPLEX_ID) {
        agent_reply_error(m->ws, NULL, 400, "INVALID_REQUEST",
                          "\"id\" must be a text of at most 128 bytes");

    } else if (type && strcmp(type, "request") == 0) {
        agent_multiplex_request(m, json, id);

    } else if (type && strcmp(type, "cancel") == 0) {
        agent_multiplex_cancel(m, id);

    } else {
        agent_reply_error(m->ws, id, 400, "INVALID_REQUEST",
                          "\"type\" must be \"request\" or \"cancel\"");
    }

    json_decref(json);
}


/* the server takes it for a client that has gone */

static void
agent_multiplex_cancel(agent_multiplex_t *m, const char *id)
{
    agent_call_t  *call;

    for (call = TAILQ_FIRST(&m->calls); call; call = TAILQ_NEXT(call, link)) {

        if (strcmp(call->reply.id, id) == 0) {
            agent_exchange_abort(call->exchange);
            agent_reply_done(&call->reply);
            agent_call_free(call);
            return;
        }
    }
}


static void
agent_multiplex_request(agent_multiplex_t *m, json_t *json, const char *id)
{
    const char      *text;
    agent_call_t    *call;
    agent_buffer_t   b;

    for (call = TAILQ_FIRST(&m->calls); call; call = TAILQ_NEXT(call, link)) {

        if (strcmp(call->reply.id, id) == 0) {
            agent_reply_error(m->ws, id, 400, "INVALID_REQUEST",
                              "a request of this id is in progress");
            return;
        }
    }

    if (m->ncalls == AGENT_MULTIPLEX_CALLS) {
        agent_reply_error(m->ws, id, 429, "LIMIT_REACHED",
                          "64 requests are in progress on this connection");
        return;
    }

    memset(&b, 0, sizeof(agent_buffer_t));

    text = agent_transport_message(&b, json);

    if (text) {
        agent_reply_error(m->ws, id, 400, "INVALID_REQUEST", text);
        agent_buffer_free(&b);
        return;
    }

    call = calloc(1, sizeof(agent_call_t));

    if (call == NULL || b.failed
        || (call->exchange = agent_exchange_create(&b)) == NULL)
    {
        agent_reply_error(m->ws, id, 500, "INTERNAL_ERROR",
                          "too many files are open, or no memory is left");
        agent_buffer_free(&b);
        free(call);
        return;
    }

    call->m = m;
    agent_reply_init(&call->reply, m->ws, id);

    call->exchange->data = call;
    call->exchange->on_head = agent_call_head;
    call->exchange->on_body = agent_call_body;
    call->exchange->on_end = agent_call_end;

    TAILQ_INSERT_TAIL(&m->calls, call, link);
    m->ncalls++;

    agent_multiplex_flow(m);
}


static void
agent_multiplex_end(agent_multiplex_t *m, int code, const char *reason)
{
    m->closing = 1;
    agent_websocket_close(m->ws, code, reason);
}


/*
 * Fragments of two messages cannot be mixed (RFC 6455, 5.4): while a response
 * is in the middle of one, nothing else is read that would have to be answered.
 */

static void
agent_multiplex_flow(agent_multiplex_t *m)
{
    unsigned       paused, full;
    agent_call_t  *call;

    if (m->closing) {
        return;
    }

    full = agent_websocket_full(m->ws);

    for (call = TAILQ_FIRST(&m->calls); call; call = TAILQ_NEXT(call, link)) {
        paused = full || (m->sender && m->sender != call);

        if (paused == call->exchange->paused) {
            continue;
        }

        if (paused) {
            agent_exchange_pause(call->exchange);

        } else {
            agent_exchange_resume(call->exchange);
        }
    }

    if (!m->held && m->sender) {
        m->held = 1;
        agent_websocket_pause(m->ws);
    }

    if (m->held && m->sender == NULL) {
        m->held = 0;
        agent_websocket_resume(m->ws);
    }
}


static void
agent_call_head(agent_exchange_t *x, int status, const char *type)
{
    agent_call_t  *call;

    call = x->data;

    agent_reply_head(&call->reply, status, type);
}


static void
agent_call_body(agent_exchange_t *x, const char *buf, size_t len)
{
    agent_call_t  *call;

    call = x->data;

    if (!call->m->closing) {
        agent_reply_body(&call->reply, buf, len);
        agent_call_sent(call);
    }
}


static void
agent_call_end(agent_exchange_t *x, int whole)
{
    agent_call_t       *call;
    agent_multiplex_t  *m;

    call = x->data;
    m = call->m;

    if (!m->closing && agent_reply_end(&call->reply, whole) == -1) {
        agent_multiplex_end(m, AGENT_WEBSOCKET_INTERNAL_ERROR,
                            "a response broke off");
    }

    agent_call_free(call);
}


static void
agent_call_sent(agent_call_t *call)
{
    agent_multiplex_t  *m;

    m = call->m;

    if (call->reply.failed) {
        agent_multiplex_end(m, AGENT_WEBSOCKET_INTERNAL_ERROR,
                            "out of memory");
        return;
    }

    m->sender = call->reply.open ? call : NULL;

    agent_multiplex_flow(m);
}


static void
agent_call_free(agent_call_t *call)
{
    agent_multiplex_t  *m;

    m = call->m;

    if (m->sender == call) {
        m->sender = NULL;
    }

    TAILQ_REMOVE(&m->calls, call, link);
    m->ncalls--;

    free(call);

    agent_multiplex_flow(m);
}
