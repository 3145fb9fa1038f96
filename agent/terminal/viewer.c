
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/json_writer.h"
#include "base/memory.h"
#include "http/error.h"
#include "http/request.h"
#include "http/websocket.h"
#include "sys/signal.h"
#include "terminal/params.h"
#include "terminal/ring.h"
#include "terminal/terminal.h"
#include "terminal/viewer.h"


#define AGENT_VIEWER_PIECE  16384      /* bytes of a replay in a message */
#define AGENT_VIEWER_TEXT   4096       /* bytes of a text message */


static agent_viewer_t *agent_viewer_create(agent_request_t *r);
static void agent_viewer_attach(agent_viewer_t *v,
    agent_terminal_params_t *params, agent_terminal_t *t);
static void agent_viewer_begin(agent_viewer_t *v,
    agent_terminal_params_t *params);
static void agent_viewer_replay(agent_viewer_t *v,
    agent_terminal_params_t *params);
static void agent_viewer_character(agent_viewer_t *v);
static void agent_viewer_data(agent_websocket_t *ws, int opcode,
    const char *buf, size_t len, int last);
static void agent_viewer_control(agent_viewer_t *v);
static void agent_viewer_drain(agent_websocket_t *ws);
static void agent_viewer_close(agent_websocket_t *ws);
static void agent_viewer_ready(agent_viewer_t *v);
static void agent_viewer_exit(agent_viewer_t *v);
static void agent_viewer_error(agent_viewer_t *v, const char *message);
static void agent_viewer_end(agent_viewer_t *v, int code,
    const char *reason);
static void agent_viewer_text(agent_viewer_t *v, agent_json_writer_t *w);


static char  agent_viewer_buf[AGENT_VIEWER_PIECE];


void
agent_viewer_get(agent_request_t *r)
{
    agent_fault_t             fault;
    agent_viewer_t           *v;
    agent_terminal_t         *t;
    agent_terminal_params_t   params;

    if (agent_websocket_check(r) != 0) {
        return;
    }

    if (agent_terminal_params_parse(r, &params, &fault) != 0
        || agent_terminal_full(&params, &fault))
    {
        agent_http_error_fault(r, &fault);
        goto done;
    }

    v = agent_viewer_create(r);

    if (v == NULL) {
        goto done;
    }

    t = agent_terminal_open(&params, &fault);

    if (t == NULL) {
        agent_viewer_error(v, fault.message);
        agent_viewer_end(v, AGENT_WEBSOCKET_INTERNAL_ERROR,
                         "the terminal cannot be started");
        agent_fault_clear(&fault);
        goto done;
    }

    agent_viewer_attach(v, &params, t);

done:

    agent_terminal_params_free(&params);
}


/* NULL after an error response */

static agent_viewer_t *
agent_viewer_create(agent_request_t *r)
{
    agent_viewer_t  *v;

    v = calloc(1, sizeof(agent_viewer_t));

    if (v == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return NULL;
    }

    v->ws = agent_websocket_accept(r);

    if (v->ws == NULL) {
        free(v);
        return NULL;
    }

    v->ws->data = v;
    v->ws->on_data = agent_viewer_data;
    v->ws->on_drain = agent_viewer_drain;
    v->ws->on_close = agent_viewer_close;

    return v;
}


static void
agent_viewer_attach(agent_viewer_t *v, agent_terminal_params_t *params,
    agent_terminal_t *t)
{
    v->terminal = t;

    agent_terminal_attach(t, v);
    agent_viewer_begin(v, params);

    if (params->resumes) {
        agent_viewer_replay(v, params);
    }

    agent_viewer_send(v);

    /* the shell may be waiting for viewers that do not read */

    agent_terminal_resume(t);
}


/* where the replay begins */

static void
agent_viewer_begin(agent_viewer_t *v, agent_terminal_params_t *params)
{
    agent_terminal_t  *t;

    t = v->terminal;

    if (!t->named) {
        v->offset = t->end;
        return;
    }

    v->offset = agent_ring_begin(&t->ring);

    if (params->resumes && params->since >= v->offset
        && params->since <= t->end
        && (params->id == NULL || strcmp(params->id, t->id) == 0))
    {
        v->offset = params->since;
        return;
    }

    agent_viewer_character(v);
}


/* bytes of a character whose beginning is lost are not UTF-8 */

static void
agent_viewer_character(agent_viewer_t *v)
{
    int   n;
    char  ch;

    if (v->offset == 0) {
        return;
    }

    for (n = 0; n < 3; n++) {

        if (agent_ring_read(&v->terminal->ring, v->offset, &ch, 1) == 0
            || ((unsigned char) ch & 0xc0) != 0x80)
        {
            return;
        }

        v->offset++;
    }
}


/* tells a client that resumes from where the bytes are */

static void
agent_viewer_replay(agent_viewer_t *v, agent_terminal_params_t *params)
{
    agent_buffer_t        b;
    agent_json_writer_t   w;

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(&w, &b);

    agent_json_writer_object(&w, NULL);
    agent_json_writer_word(&w, "type", "replay");
    agent_json_writer_word(&w, "id", v->terminal->id);
    agent_json_writer_integer(&w, "offset", v->offset);
    agent_json_writer_bool(&w, "resumed", v->offset == params->since
                           && (params->id == NULL
                               || strcmp(params->id, v->terminal->id) == 0));

    agent_viewer_text(v, &w);
}


static void
agent_viewer_data(agent_websocket_t *ws, int opcode, const char *buf,
    size_t len, int last)
{
    agent_viewer_t  *v;

    v = ws->data;

    if (v->over) {
        return;
    }

    if (opcode == AGENT_WEBSOCKET_BINARY) {

        if (len && agent_terminal_input(v->terminal, buf, len)) {
            v->blocked = 1;
            agent_websocket_pause(ws);
        }

        return;
    }

    if (v->text.len + len > AGENT_VIEWER_TEXT) {
        agent_viewer_end(v, AGENT_WEBSOCKET_TOO_BIG,
                         "a control message is larger than 4096 bytes");
        return;
    }

    agent_buffer_add(&v->text, buf, len);

    if (last) {
        agent_viewer_control(v);
        agent_buffer_free(&v->text);
    }
}


static void
agent_viewer_control(agent_viewer_t *v)
{
    json_t         *json;
    unsigned        cols, rows;
    const char     *type;
    agent_fault_t   fault;

    json = v->text.failed ? NULL
                          : json_loadb(v->text.data ? v->text.data : "",
                                       v->text.len, 0, NULL);

    type = json_string_value(json_object_get(json, "type"));

    if (type == NULL) {
        agent_viewer_error(v, "a text message must be a JSON object with a "
                           "\"type\"; send input as binary messages");

    } else if (strcmp(type, "resize") != 0) {
        agent_viewer_error(v, "unknown type of message; the only one is "
                           "\"resize\"");

    } else if (agent_terminal_params_size(json, &cols, &rows, &fault) != 0) {
        agent_viewer_error(v, fault.message);

    } else {
        agent_terminal_resize(v->terminal, cols, rows);
    }

    json_decref(json);
}


static void
agent_viewer_drain(agent_websocket_t *ws)
{
    agent_viewer_t  *v;

    v = ws->data;

    if (v->terminal == NULL || v->over) {
        return;
    }

    agent_viewer_send(v);

    if (!v->over && !agent_viewer_full(v)) {
        agent_terminal_resume(v->terminal);
    }
}


static void
agent_viewer_close(agent_websocket_t *ws)
{
    agent_viewer_t  *v;

    v = ws->data;

    if (v->terminal) {
        agent_terminal_detach(v->terminal, v);
    }

    agent_buffer_free(&v->text);
    free(v);
}


void
agent_viewer_output(agent_viewer_t *v, const char *buf, size_t len)
{
    agent_terminal_t  *t;

    t = v->terminal;

    if (v->over) {
        return;
    }

    if (v->ready && v->offset + len == t->end && !agent_viewer_full(v)) {
        v->offset = t->end;
        agent_websocket_send(v->ws, AGENT_WEBSOCKET_BINARY, buf, len);
        return;
    }

    if (!t->named) {

        /* the shell is paused: this was read before */

        v->offset = t->end;
        agent_websocket_send(v->ws, AGENT_WEBSOCKET_BINARY, buf, len);
        return;
    }

    if (v->offset < agent_ring_begin(&t->ring)) {
        agent_viewer_error(v, "this connection is too slow for the terminal's "
                           "output; connect again");
        agent_viewer_end(v, AGENT_WEBSOCKET_TRY_AGAIN, "too slow");
    }
}


int
agent_viewer_full(agent_viewer_t *v)
{
    return agent_websocket_full(v->ws);
}


void
agent_viewer_send(agent_viewer_t *v)
{
    size_t             n;
    agent_terminal_t  *t;

    t = v->terminal;

    while (!v->over && !agent_viewer_full(v)) {

        if (v->offset < t->end) {
            n = agent_ring_read(&t->ring, v->offset, agent_viewer_buf,
                                agent_memory_piece(AGENT_VIEWER_PIECE));
            v->offset += n;
            agent_websocket_send(v->ws, AGENT_WEBSOCKET_BINARY,
                                 agent_viewer_buf, n);

        } else if (!v->ready) {
            v->ready = 1;
            agent_viewer_ready(v);

        } else if (t->cmd == NULL) {
            agent_viewer_exit(v);

        } else {
            return;
        }
    }
}


static void
agent_viewer_ready(agent_viewer_t *v)
{
    agent_buffer_t        b;
    agent_terminal_t     *t;
    agent_json_writer_t   w;

    t = v->terminal;

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(&w, &b);

    agent_json_writer_object(&w, NULL);
    agent_json_writer_word(&w, "type", "ready");
    agent_json_writer_word(&w, "id", t->id);
    agent_json_writer_integer(&w, "offset", v->offset);
    agent_json_writer_integer(&w, "cols", t->cols);
    agent_json_writer_integer(&w, "rows", t->rows);

    agent_viewer_text(v, &w);
}


static void
agent_viewer_exit(agent_viewer_t *v)
{
    char                  name[16];
    agent_exit_t         *e;
    agent_buffer_t        b;
    agent_json_writer_t   w;

    e = &v->terminal->exit;

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(&w, &b);

    agent_json_writer_object(&w, NULL);
    agent_json_writer_word(&w, "type", "exit");
    agent_json_writer_integer(&w, "code", e->code);

    if (e->signal) {
        agent_json_writer_word(&w, "signal",
                               agent_signal_name(e->signal, name));
    }

    agent_viewer_text(v, &w);
    agent_viewer_end(v, AGENT_WEBSOCKET_NORMAL, "the shell has exited");
}


static void
agent_viewer_error(agent_viewer_t *v, const char *message)
{
    agent_buffer_t        b;
    agent_json_writer_t   w;

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(&w, &b);

    agent_json_writer_object(&w, NULL);
    agent_json_writer_word(&w, "type", "error");
    agent_json_writer_text(&w, "message", message, strlen(message));

    agent_viewer_text(v, &w);
}


static void
agent_viewer_text(agent_viewer_t *v, agent_json_writer_t *w)
{
    agent_json_writer_object_end(w);

    if (w->buf->failed) {
        agent_websocket_abort(v->ws);

    } else {
        agent_websocket_send(v->ws, AGENT_WEBSOCKET_TEXT, w->buf->data,
                             w->buf->len);
    }

    agent_buffer_free(w->buf);
}


static void
agent_viewer_end(agent_viewer_t *v, int code, const char *reason)
{
    v->over = 1;
    agent_websocket_close(v->ws, code, reason);
}


void
agent_viewer_unblock(agent_viewer_t *v)
{
    if (v->blocked) {
        v->blocked = 0;
        agent_websocket_resume(v->ws);
    }
}


void
agent_viewer_stop(agent_viewer_t *v)
{
    if (!v->over) {
        agent_viewer_end(v, AGENT_WEBSOCKET_GOING_AWAY,
                         "the sandbox is stopping");
    }
}
