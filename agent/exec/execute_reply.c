
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "base/json_text.h"
#include "base/time.h"
#include "base/utf8.h"
#include "exec/execute.h"
#include "exec/execute_reply.h"
#include "http/response.h"


/*
 * The response of /api/execute, generated incrementally: with 64 MB of output,
 * its JSON text is never in memory as a whole.
 */


#define AGENT_REPLY_PIECE   8192       /* bytes of output per step */
#define AGENT_REPLY_BUFFER  65536


enum {
    AGENT_REPLY_OPEN = 0,
    AGENT_REPLY_STDOUT,
    AGENT_REPLY_BETWEEN,
    AGENT_REPLY_STDERR,
    AGENT_REPLY_QUOTE,
    AGENT_REPLY_STDOUT64_OPEN,
    AGENT_REPLY_STDOUT64,
    AGENT_REPLY_STDERR64_OPEN,
    AGENT_REPLY_STDERR64,
    AGENT_REPLY_CLOSE,
    AGENT_REPLY_DONE
};


static char *agent_exec_reply_closing(agent_execute_t *x);
static void agent_exec_reply_error(agent_execute_t *x, json_t *json);
static size_t agent_exec_reply_fill(agent_execute_t *x, char *buf,
    size_t size);
static size_t agent_exec_reply_text(agent_execute_t *x,
    agent_buffer_t *b, char *buf);
static size_t agent_exec_reply_base64(agent_execute_t *x,
    agent_buffer_t *b, char *buf);


static char  agent_reply_buf[AGENT_REPLY_BUFFER];


static const agent_response_header_t  agent_reply_headers[] = {
    { "Content-Type", "application/json" },
    { NULL, NULL }
};


void
agent_execute_reply(agent_execute_t *x)
{
    size_t  n;

    x->closing = agent_exec_reply_closing(x);

    if (x->closing == NULL) {
        agent_response_json(x->r, 500, NULL);
        return;
    }

    n = agent_exec_reply_fill(x, agent_reply_buf, AGENT_REPLY_BUFFER);

    /* most responses are small and are sent at once */

    agent_response_begin(x->r, x->status, agent_reply_headers,
                         x->phase == AGENT_REPLY_DONE ? (int64_t) n : -1);
    agent_response_write(x->r, agent_reply_buf, n);

    agent_execute_reply_more(x);
}


void
agent_execute_reply_more(agent_execute_t *x)
{
    size_t  n;

    while (x->phase != AGENT_REPLY_DONE) {

        if (agent_response_queued(x->r) > AGENT_HTTP_HIGH) {
            return;
        }

        n = agent_exec_reply_fill(x, agent_reply_buf, AGENT_REPLY_BUFFER);

        agent_response_write(x->r, agent_reply_buf, n);
    }

    agent_response_end(x->r);
}


static char *
agent_exec_reply_closing(agent_execute_t *x)
{
    char    *text, *closing, stamp[32];
    json_t  *json;

    json = json_pack("{s:O, s:s}",
                     "command", json_object_get(x->body, "command"),
                     "timestamp", agent_time_iso(stamp));

    agent_execute_outcome(x, json, &x->exit);

    if (x->code) {
        agent_exec_reply_error(x, json);
    }

    text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);

    if (text == NULL) {
        return NULL;
    }

    /* it becomes the tail of a larger object */

    text[0] = ',';
    closing = strdup(text);
    free(text);

    return closing;
}


/* members of an error, sent with the partial output */

static void
agent_exec_reply_error(agent_execute_t *x, json_t *json)
{
    json_t  *context;

    context = json_pack("{s:s, s:i}",
                        "sessionId", x->session,
                        "exitCode", x->exit.code);

    if (x->exit.timed_out) {
        json_object_set(context, "command",
                        json_object_get(x->body, "command"));
        json_object_set_new(context, "stderr", json_string(""));
    }

    json_object_set_new(json, "error", json_string(x->message));
    json_object_set_new(json, "code", json_string(x->code));
    json_object_set_new(json, "message", json_string(x->message));
    json_object_set_new(json, "context", context);
    json_object_set_new(json, "httpStatus", json_integer(x->status));
}


static size_t
agent_exec_reply_fill(agent_execute_t *x, char *buf, size_t size)
{
    size_t  n, len;

    n = 0;

    /* large enough for any step */

    while (size - n >= AGENT_REPLY_PIECE * AGENT_JSON_TEXT_ESCAPE) {

        switch (x->phase) {

        case AGENT_REPLY_OPEN:
            n += sprintf(buf + n,
                         "{\"success\":%s,\"exitCode\":%d,\"stdout\":\"",
                         x->exit.code == 0 && x->code == NULL ? "true"
                                                              : "false",
                         x->exit.code);
            x->phase++;
            break;

        case AGENT_REPLY_STDOUT:
            n += agent_exec_reply_text(x, &x->out[0], buf + n);
            break;

        case AGENT_REPLY_BETWEEN:
            n += sprintf(buf + n, "\",\"stderr\":\"");
            x->phase++;
            break;

        case AGENT_REPLY_STDERR:
            n += agent_exec_reply_text(x, &x->out[1], buf + n);
            break;

        case AGENT_REPLY_QUOTE:
            buf[n++] = '"';
            x->phase++;
            break;

        case AGENT_REPLY_STDOUT64_OPEN:
        case AGENT_REPLY_STDERR64_OPEN:

            len = x->phase == AGENT_REPLY_STDERR64_OPEN;

            if (agent_utf8_valid(x->out[len].data, x->out[len].len)) {
                x->phase += 2;
                break;
            }

            n += sprintf(buf + n, ",\"%s\":\"",
                         len ? "stderrBase64" : "stdoutBase64");
            x->phase++;
            break;

        case AGENT_REPLY_STDOUT64:
            n += agent_exec_reply_base64(x, &x->out[0], buf + n);
            break;

        case AGENT_REPLY_STDERR64:
            n += agent_exec_reply_base64(x, &x->out[1], buf + n);
            break;

        case AGENT_REPLY_CLOSE:
            len = strlen(x->closing + x->offset);

            if (len > size - n) {
                len = size - n;
            }

            memcpy(buf + n, x->closing + x->offset, len);
            n += len;
            x->offset += len;

            if (x->closing[x->offset] == '\0') {
                x->phase++;
            }

            break;

        default: /* AGENT_REPLY_DONE */
            return n;
        }
    }

    return n;
}


static size_t
agent_exec_reply_text(agent_execute_t *x, agent_buffer_t *b, char *buf)
{
    size_t       n, len, size, tail;
    const char  *p;

    /* in a session, one trailing line feed is dropped from the output */

    size = b->len;

    if (!x->sessionless && size && b->data[size - 1] == '\n') {
        size--;
    }

    /* there is no buffer if there was no output */

    p = b->data ? b->data + x->offset : "";
    len = size - x->offset;

    if (len > AGENT_REPLY_PIECE) {
        len = AGENT_REPLY_PIECE;

        /* do not split a character; malformed bytes may be split */

        tail = agent_utf8_incomplete(p, len);
        len -= tail;
    }

    n = agent_json_text_escape(buf, p, len);

    x->offset += len;

    if (x->offset == size) {
        x->offset = 0;
        x->phase++;
    }

    return n;
}


static size_t
agent_exec_reply_base64(agent_execute_t *x, agent_buffer_t *b,
    char *buf)
{
    size_t  n, len;

    len = b->len - x->offset;

    if (len > AGENT_REPLY_PIECE / 3 * 3) {
        len = AGENT_REPLY_PIECE / 3 * 3;
    }

    n = agent_base64(buf, b->data + x->offset, len);

    x->offset += len;

    if (x->offset == b->len) {
        buf[n++] = '"';
        x->offset = 0;
        x->phase++;
    }

    return n;
}
