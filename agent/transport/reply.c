
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json_text.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "http/websocket.h"
#include "transport/reply.h"
#include "transport/sse_reader.h"


#define AGENT_REPLY_PIECE  4096        /* bytes that are escaped at a time */


static void agent_reply_begin(agent_reply_t *reply, agent_buffer_t *b,
    agent_json_writer_t *w, const char *type);
static void agent_reply_event(void *data, const char *event);
static void agent_reply_event_data(void *data, const char *buf, size_t len);
static void agent_reply_event_end(void *data);
static void agent_reply_escaped(agent_reply_t *reply, const char *buf,
    size_t len);
static void agent_reply_piece(agent_reply_t *reply, const char *buf,
    size_t len, int last);
static void agent_reply_send(agent_websocket_t *ws, agent_buffer_t *b);


void
agent_reply_init(agent_reply_t *reply, agent_websocket_t *ws, const char *id)
{
    memset(reply, 0, sizeof(agent_reply_t));

    reply->ws = ws;
    snprintf(reply->id, sizeof(reply->id), "%s", id);

    reply->reader.data = reply;
    reply->reader.on_begin = agent_reply_event;
    reply->reader.on_data = agent_reply_event_data;
    reply->reader.on_end = agent_reply_event_end;
}


void
agent_reply_head(agent_reply_t *reply, int status, const char *type)
{
    reply->status = status;

    if (strcmp(type, "application/json") == 0) {
        reply->kind = AGENT_REPLY_JSON;

    } else if (strcmp(type, "text/event-stream") == 0) {
        reply->kind = AGENT_REPLY_STREAM;
    }
}


void
agent_reply_body(agent_reply_t *reply, const char *buf, size_t len)
{
    agent_buffer_t       b;
    agent_json_writer_t  w;

    if (reply->kind == AGENT_REPLY_STREAM) {
        agent_sse_reader_feed(&reply->reader, buf, len);
        return;
    }

    if (reply->kind != AGENT_REPLY_JSON || len == 0) {
        return;
    }

    if (!reply->open) {
        agent_reply_begin(reply, &b, &w, "response");
        agent_json_writer_integer(&w, "status", reply->status);
        agent_buffer_adds(&b, ",\"body\":");

        if (b.failed) {
            reply->failed = 1;

        } else {
            agent_websocket_send_piece(reply->ws, AGENT_WEBSOCKET_TEXT,
                                       b.data, b.len, 1, 0);
            reply->open = 1;
        }

        agent_buffer_free(&b);
    }

    agent_reply_piece(reply, buf, len, 0);
}


int
agent_reply_end(agent_reply_t *reply, int whole)
{
    static const char  done[] = ",\"done\":true}";

    if (reply->kind == AGENT_REPLY_JSON && reply->open) {

        if (!whole) {
            return -1;
        }

        agent_reply_piece(reply, done, sizeof(done) - 1, 1);

        return 0;
    }

    if (reply->open) {
        agent_reply_event_end(reply);
    }

    if (whole) {
        agent_reply_done(reply);

    } else {
        agent_reply_error(reply->ws, reply->id, 500,
                          reply->status ? "STREAM_ERROR" : "INTERNAL_ERROR",
                          "the response broke off");
    }

    return 0;
}


void
agent_reply_done(agent_reply_t *reply)
{
    agent_buffer_t       b;
    agent_json_writer_t  w;

    if (reply->open) {

        /* it is a stream, or else nothing could be read that cancels it */

        agent_reply_event_end(reply);
    }

    agent_reply_begin(reply, &b, &w, "response");
    agent_json_writer_integer(&w, "status",
                              reply->status ? reply->status : 200);
    agent_json_writer_bool(&w, "done", 1);
    agent_json_writer_object_end(&w);

    agent_reply_send(reply->ws, &b);
}


void
agent_reply_error(agent_websocket_t *ws, const char *id, int status,
    const char *code, const char *message)
{
    agent_buffer_t       b;
    agent_json_writer_t  w;

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(&w, &b);

    agent_json_writer_object(&w, NULL);
    agent_json_writer_word(&w, "type", "error");

    if (id) {
        agent_json_writer_text(&w, "id", id, strlen(id));
    }

    agent_json_writer_word(&w, "code", code);
    agent_json_writer_text(&w, "message", message, strlen(message));
    agent_json_writer_integer(&w, "status", status);
    agent_json_writer_object_end(&w);

    agent_reply_send(ws, &b);
}


static void
agent_reply_begin(agent_reply_t *reply, agent_buffer_t *b,
    agent_json_writer_t *w, const char *type)
{
    memset(b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(w, b);

    agent_json_writer_object(w, NULL);
    agent_json_writer_word(w, "type", type);
    agent_json_writer_text(w, "id", reply->id, strlen(reply->id));
}


static void
agent_reply_event(void *data, const char *event)
{
    agent_reply_t        *reply;
    agent_buffer_t        b;
    agent_json_writer_t   w;

    reply = data;

    agent_reply_begin(reply, &b, &w, "stream");

    if (event[0]) {
        agent_json_writer_text(&w, "event", event, strlen(event));
    }

    agent_buffer_adds(&b, ",\"data\":\"");

    if (b.failed) {
        reply->failed = 1;

    } else {
        agent_websocket_send_piece(reply->ws, AGENT_WEBSOCKET_TEXT, b.data,
                                   b.len, 1, 0);
        reply->open = 1;
        reply->nrest = 0;
    }

    agent_buffer_free(&b);
}


static void
agent_reply_event_data(void *data, const char *buf, size_t len)
{
    size_t          n, cut;
    agent_reply_t  *reply;

    reply = data;

    while (reply->nrest && len) {
        reply->rest[reply->nrest++] = *buf++;
        len--;

        if (reply->nrest == sizeof(reply->rest)
            || agent_utf8_char(reply->rest, reply->nrest) != -1)
        {
            n = reply->nrest;
            reply->nrest = 0;
            agent_reply_escaped(reply, reply->rest, n);
        }
    }

    cut = agent_utf8_incomplete(buf, len);
    agent_reply_escaped(reply, buf, len - cut);

    memcpy(reply->rest + reply->nrest, buf + len - cut, cut);
    reply->nrest += cut;
}


static void
agent_reply_event_end(void *data)
{
    agent_reply_t  *reply;

    reply = data;

    /* what is left of a character is malformed */

    agent_reply_escaped(reply, reply->rest, reply->nrest);
    reply->nrest = 0;

    agent_reply_piece(reply, "\"}", 2, 1);
}


/* characters are whole */

static void
agent_reply_escaped(agent_reply_t *reply, const char *buf, size_t len)
{
    size_t  n;

    static char  text[AGENT_REPLY_PIECE * AGENT_JSON_TEXT_ESCAPE];

    while (len) {
        n = len;

        if (n > AGENT_REPLY_PIECE) {
            n = AGENT_REPLY_PIECE;
            n -= agent_utf8_incomplete(buf, n);
        }

        agent_reply_piece(reply, text, agent_json_text_escape(text, buf, n),
                          0);
        buf += n;
        len -= n;
    }
}


static void
agent_reply_piece(agent_reply_t *reply, const char *buf, size_t len, int last)
{
    if (!reply->open) {
        return;
    }

    agent_websocket_send_piece(reply->ws, AGENT_WEBSOCKET_TEXT, buf, len, 0,
                               last);

    reply->open = !last;
}


static void
agent_reply_send(agent_websocket_t *ws, agent_buffer_t *b)
{
    /* without memory, a message is lost: the connection must not go on */

    if (b->failed) {
        agent_websocket_abort(ws);

    } else {
        agent_websocket_send(ws, AGENT_WEBSOCKET_TEXT, b->data, b->len);
    }

    agent_buffer_free(b);
}
