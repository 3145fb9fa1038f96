
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/sha1.h"
#include "base/utf8.h"
#include "http/connection.h"
#include "http/error.h"
#include "http/http_int.h"
#include "http/output.h"
#include "http/request.h"
#include "http/response.h"
#include "http/server.h"
#include "http/websocket.h"


/* ms for the peer to answer a close frame, or to receive ours */
#define AGENT_WEBSOCKET_GRACE   5000
#define AGENT_WEBSOCKET_LINGER  100

#define AGENT_WEBSOCKET_KEY     24     /* characters of a key: 16 bytes */
#define AGENT_WEBSOCKET_REASON  (AGENT_WEBSOCKET_CONTROL_MAX - 2)


static int agent_websocket_has_token(const char *value, const char *token);
static void agent_websocket_answer(agent_request_t *r, const char *key);
static size_t agent_websocket_received(agent_request_t *r, char *buf,
    size_t len);
static void agent_websocket_control(agent_websocket_t *ws,
    agent_websocket_event_t *event);
static void agent_websocket_pong(agent_websocket_t *ws);
static void agent_websocket_frame(agent_websocket_t *ws, int opcode, int fin,
    const void *buf, size_t len);
static void agent_websocket_close_frame(agent_websocket_t *ws, int code,
    const char *reason);
static void agent_websocket_end(agent_websocket_t *ws);
static void agent_websocket_tick(uv_timer_t *timer);
static void agent_websocket_drained(agent_request_t *r);
static void agent_websocket_gone(agent_request_t *r, int aborted);
static void agent_websocket_unref(agent_websocket_t *ws);
static void agent_websocket_closed(uv_handle_t *handle);


agent_websocket_t *
agent_websocket_accept(agent_request_t *r)
{
    agent_websocket_t  *ws;

    if (agent_websocket_check(r) != 0) {
        return NULL;
    }

    ws = calloc(1, sizeof(agent_websocket_t));

    if (ws == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return NULL;
    }

    ws->r = r;

    /* one for the request, one for the timer */
    ws->refs = 2;

    uv_timer_init(agent_loop, &ws->timer);
    ws->timer.data = ws;

    uv_timer_start(&ws->timer, agent_websocket_tick, AGENT_WEBSOCKET_SILENCE,
                   AGENT_WEBSOCKET_SILENCE);

    r->data = ws;
    r->on_switched = agent_websocket_received;
    r->on_drain = agent_websocket_drained;
    r->on_close = agent_websocket_gone;

    agent_websocket_answer(r, agent_request_header(r, "Sec-WebSocket-Key"));

    return ws;
}


/* section 4.2.1 */

int
agent_websocket_check(agent_request_t *r)
{
    char           bytes[AGENT_WEBSOCKET_KEY];
    const char    *value;
    agent_http_t  *h;

    static const agent_response_header_t  version[] = {
        { "Sec-WebSocket-Version", "13" },
        { NULL, NULL }
    };

    h = (agent_http_t *) r;

    /* the parser has seen both "Upgrade" and "Connection: Upgrade" */

    value = agent_request_header(r, "Upgrade");

    if (strcmp(r->method, "GET") != 0 || h->http10 || !h->body_done
        || !h->conn->parser.upgrade || value == NULL
        || !agent_websocket_has_token(value, "websocket"))
    {
        agent_http_error(r, 400, "invalid_request", NULL,
                         "WebSocket upgrade required: send GET with "
                         "\"Upgrade: websocket\" and \"Connection: Upgrade\", "
                         "and no body");
        return -1;
    }

    value = agent_request_header(r, "Sec-WebSocket-Version");

    if (value == NULL || strcmp(value, "13") != 0) {
        agent_response_begin(r, 426, version, 0);
        agent_response_end(r);
        return -1;
    }

    value = agent_request_header(r, "Sec-WebSocket-Key");

    if (value == NULL || strlen(value) != AGENT_WEBSOCKET_KEY
        || agent_base64_decode(bytes, value, AGENT_WEBSOCKET_KEY) != 16)
    {
        agent_http_error(r, 400, "invalid_request", NULL,
                         "Sec-WebSocket-Key: must be 16 bytes as base64");
        return -1;
    }

    /* it would keep the agent from exiting */

    if (agent_server_draining()) {
        agent_http_error(r, 503, "RESOURCE_BUSY", NULL,
                         "The sandbox is going to sleep; connect again");
        return -1;
    }

    return 0;
}


static int
agent_websocket_has_token(const char *value, const char *token)
{
    size_t  n, len;

    len = strlen(token);

    while (*value) {
        value += strspn(value, " \t,");
        n = strcspn(value, " \t,");

        if (n == len && strncasecmp(value, token, n) == 0) {
            return 1;
        }

        value += n;
    }

    return 0;
}


static void
agent_websocket_answer(agent_request_t *r, const char *key)
{
    char                      text[AGENT_WEBSOCKET_KEY + 36];
    char                      accept[agent_base64_len(AGENT_SHA1_LEN) + 1];
    unsigned char             digest[AGENT_SHA1_LEN];
    agent_response_header_t   headers[] = {
        { "Upgrade", "websocket" },
        { "Sec-WebSocket-Accept", accept },
        { NULL, NULL }
    };

    memcpy(text, key, AGENT_WEBSOCKET_KEY);
    memcpy(text + AGENT_WEBSOCKET_KEY,
           "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);

    agent_sha1(digest, text, sizeof(text));

    accept[agent_base64(accept, digest, AGENT_SHA1_LEN)] = '\0';

    agent_response_switch(r, headers);
}


static size_t
agent_websocket_received(agent_request_t *r, char *buf, size_t len)
{
    size_t                    used;
    agent_websocket_t        *ws;
    agent_websocket_event_t   event;

    ws = r->data;
    ws->heard = 1;

    for (used = 0; used < len && !ws->over && !ws->paused; /* void */ ) {

        used += agent_websocket_frame_read(&ws->frame, buf + used, len - used,
                                           &event);

        switch (event.type) {

        case AGENT_WEBSOCKET_DATA:

            if (!ws->closing) {
                ws->on_data(ws, event.opcode, event.data, event.len,
                            event.last);
            }

            break;

        case AGENT_WEBSOCKET_CONTROL:
            agent_websocket_control(ws, &event);
            break;

        case AGENT_WEBSOCKET_INVALID:

            /* what the peer still sends is read, or a reset would follow */

            agent_websocket_close(ws, event.code, event.reason);
            uv_timer_start(&ws->timer, agent_websocket_tick,
                           AGENT_WEBSOCKET_LINGER, 0);
            break;

        case AGENT_WEBSOCKET_MORE:
            break;
        }
    }

    return ws->over ? len : used;
}


static void
agent_websocket_control(agent_websocket_t *ws, agent_websocket_event_t *event)
{
    switch (event->opcode) {

    case AGENT_WEBSOCKET_PING:

        if (!ws->closing) {
            memcpy(ws->pong, event->data, event->len);
            ws->npong = event->len;
            ws->ponging = 1;

            agent_websocket_pong(ws);
        }

        break;

    case AGENT_WEBSOCKET_CLOSE:

        /* the server closes the connection first: section 7.1.1 */

        if (!ws->closing) {
            agent_websocket_close_frame(ws, event->code, "");
        }

        agent_websocket_end(ws);
        break;

    default:
        break;
    }
}


/*
 * Only the last of several pings must be answered: section 5.5.3.  So pings do
 * not accumulate for a peer that does not read.
 */

static void
agent_websocket_pong(agent_websocket_t *ws)
{
    if (!ws->ponging || ws->closing || agent_websocket_full(ws)) {
        return;
    }

    ws->ponging = 0;

    agent_websocket_frame(ws, AGENT_WEBSOCKET_PONG, 1, ws->pong, ws->npong);
}


void
agent_websocket_send(agent_websocket_t *ws, int opcode, const void *buf,
    size_t len)
{
    agent_websocket_send_piece(ws, opcode, buf, len, 1, 1);
}


void
agent_websocket_send_piece(agent_websocket_t *ws, int opcode, const void *buf,
    size_t len, int first, int last)
{
    if (!ws->closing) {
        agent_websocket_frame(ws, first ? opcode
                                        : (int) AGENT_WEBSOCKET_CONTINUATION,
                              last, buf, len);
    }
}


static void
agent_websocket_frame(agent_websocket_t *ws, int opcode, int fin,
    const void *buf, size_t len)
{
    char                 header[AGENT_WEBSOCKET_HEADER];
    struct iovec         iov[2];
    agent_connection_t  *c;

    if (ws->over) {
        return;
    }

    c = ((agent_http_t *) ws->r)->conn;

    if (c->queued > AGENT_WEBSOCKET_MAX) {
        agent_websocket_abort(ws);
        return;
    }

    iov[0].iov_base = header;
    iov[0].iov_len = agent_websocket_frame_header(header, opcode, fin, len);
    iov[1].iov_base = (void *) buf;
    iov[1].iov_len = len;

    agent_http_output_send(c, iov, len ? 2 : 1);
}


int
agent_websocket_full(agent_websocket_t *ws)
{
    agent_connection_t  *c;

    c = ((agent_http_t *) ws->r)->conn;

    if (c->queued <= agent_memory_queue(AGENT_HTTP_LOW)) {
        return 0;
    }

    c->want_drain = 1;

    return 1;
}


void
agent_websocket_close(agent_websocket_t *ws, int code, const char *reason)
{
    if (ws->closing || ws->over) {
        return;
    }

    agent_websocket_close_frame(ws, code, reason);

    /* the peer's close frame must be read */

    agent_websocket_resume(ws);

    uv_timer_start(&ws->timer, agent_websocket_tick, AGENT_WEBSOCKET_GRACE, 0);
}


static void
agent_websocket_close_frame(agent_websocket_t *ws, int code,
    const char *reason)
{
    char    buf[AGENT_WEBSOCKET_CONTROL_MAX];
    size_t  len;

    if (code == AGENT_WEBSOCKET_NO_STATUS) {
        agent_websocket_frame(ws, AGENT_WEBSOCKET_CLOSE, 1, NULL, 0);
        ws->closing = 1;
        return;
    }

    len = strlen(reason);

    if (len > AGENT_WEBSOCKET_REASON) {
        len = AGENT_WEBSOCKET_REASON;
        len -= agent_utf8_incomplete(reason, len);
    }

    buf[0] = (char) (code >> 8);
    buf[1] = (char) code;
    memcpy(buf + 2, reason, len);

    agent_websocket_frame(ws, AGENT_WEBSOCKET_CLOSE, 1, buf, len + 2);

    ws->closing = 1;
}


/* nothing more is read; the connection closes once the queue is sent */

static void
agent_websocket_end(agent_websocket_t *ws)
{
    if (ws->over) {
        return;
    }

    ws->over = 1;

    agent_response_end(ws->r);
}


void
agent_websocket_abort(agent_websocket_t *ws)
{
    if (ws->over) {
        return;
    }

    ws->over = 1;

    agent_response_abort(ws->r);
}


void
agent_websocket_pause(agent_websocket_t *ws)
{
    if (!ws->closing && !ws->over) {
        ws->paused = 1;
        agent_request_pause(ws->r);
    }
}


void
agent_websocket_resume(agent_websocket_t *ws)
{
    if (ws->paused && !ws->over) {
        ws->paused = 0;
        agent_request_resume(ws->r);
    }
}


static void
agent_websocket_tick(uv_timer_t *timer)
{
    agent_websocket_t  *ws;

    ws = timer->data;

    if (ws->closing) {

        if (ws->frame.failed && !ws->over) {
            agent_websocket_end(ws);
            uv_timer_start(timer, agent_websocket_tick, AGENT_WEBSOCKET_GRACE,
                           0);
            return;
        }

        /* the peer has neither answered nor read what is queued */

        ws->over = 1;
        agent_response_abort(ws->r);
        return;
    }

    if (ws->paused) {
        ws->pinged = 0;
        return;
    }

    if (ws->pinged && !ws->heard) {
        agent_websocket_abort(ws);
        return;
    }

    ws->pinged = !ws->heard;
    ws->heard = 0;

    if (ws->pinged) {
        agent_websocket_frame(ws, AGENT_WEBSOCKET_PING, 1, NULL, 0);
    }
}


static void
agent_websocket_drained(agent_request_t *r)
{
    agent_websocket_t  *ws;

    ws = r->data;

    agent_websocket_pong(ws);

    if (ws->on_drain && !ws->closing && !ws->over) {
        ws->on_drain(ws);
    }
}


static void
agent_websocket_gone(agent_request_t *r, int aborted)
{
    agent_websocket_t  *ws;

    ws = r->data;
    ws->over = 1;

    uv_close((uv_handle_t *) &ws->timer, agent_websocket_closed);

    ws->on_close(ws);

    agent_websocket_unref(ws);
}


static void
agent_websocket_unref(agent_websocket_t *ws)
{
    if (--ws->refs == 0) {
        free(ws);
    }
}


static void
agent_websocket_closed(uv_handle_t *handle)
{
    agent_websocket_unref(handle->data);
}
