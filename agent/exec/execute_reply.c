
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/memory.h"
#include "base/time.h"
#include "base/utf8.h"
#include "exec/execute_int.h"
#include "exec/execute_reply.h"
#include "exec/network_hint.h"
#include "http/error.h"
#include "http/json_body.h"
#include "http/response.h"
#include "run/command.h"


/*
 * the non-streaming response: a buffer per stream, and the JSON built of them
 */


/* limit of the output in a non-streaming response, bytes */
#define AGENT_EXECUTE_OUTPUT_MAX  (64 * 1024 * 1024)

/* bytes of output per step */
#define AGENT_EXECUTE_PIECE       32768


static void agent_execute_reply_write(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static void agent_execute_reply_exit(agent_command_t *cmd,
    const agent_exit_t *e);
static void agent_execute_reply_fault(agent_execute_t *x, uint64_t timeout_ms);
static void agent_execute_reply_begin(agent_execute_t *x);
static void agent_execute_reply_part(agent_execute_t *x, agent_json_body_e kind,
    const char *data, size_t len);
static char *agent_execute_reply_closing(agent_execute_t *x);
static agent_json_body_e agent_execute_reply_next(void *data,
    agent_json_body_segment_t *segment);


const agent_sink_t  agent_execute_reply_sink = {
    agent_execute_reply_write,
    NULL,
    agent_execute_reply_exit
};


static void
agent_execute_reply_write(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    agent_buffer_t   *b;
    agent_execute_t  *x;

    x = cmd->data;

    if (stream == 2) {
        agent_network_hint_output(&x->stream.hint, buf, len);
    }

    if (x->fault.code) {
        return;
    }

    b = &x->out[stream - 1];

    if (x->out[0].len + x->out[1].len + len > AGENT_EXECUTE_OUTPUT_MAX) {
        (void) agent_fault_set(&x->fault, 413, "OUTPUT_TOO_LARGE", NULL,
                               "the output of the command exceeded %d bytes, "
                               "and the command was killed",
                               AGENT_EXECUTE_OUTPUT_MAX);

    } else {

        if (agent_memory_collect(len) == 0) {
            x->collected += len;
            agent_buffer_add(b, buf, len);

            if (!b->failed) {
                return;
            }
        }

        (void) agent_fault_set(&x->fault, 413, "OUTPUT_TOO_LARGE", NULL,
                               "not enough memory for the output of the "
                               "command");
    }

    agent_execute_reply_free(x);

    agent_command_end(cmd);
}


void
agent_execute_reply_free(agent_execute_t *x)
{
    agent_buffer_free(&x->out[0]);
    agent_buffer_free(&x->out[1]);

    agent_memory_drop(x->collected);
    x->collected = 0;
}


static void
agent_execute_reply_exit(agent_command_t *cmd, const agent_exit_t *e)
{
    const char       *line;
    agent_buffer_t   *b;
    agent_execute_t  *x;

    x = cmd->data;
    x->stream.cmd = NULL;
    x->exit = *e;

    if (x->fault.code) {
        agent_http_error_fault(x->r, &x->fault);
        return;
    }

    b = &x->out[1];

    line = e->code ? agent_network_hint_line(&x->stream.hint) : NULL;

    if (line) {
        agent_buffer_add(b, line, strlen(line));
    }

    if (e->timed_out && x->sessionless) {

        if (b->len && b->data[b->len - 1] != '\n') {
            agent_buffer_adds(b, "\n");
        }

        agent_buffer_printf(b, "Command timed out after %llums\n",
                            (unsigned long long) cmd->timeout_ms);
    }

    if (b->failed) {
        agent_http_error(x->r, 413, "OUTPUT_TOO_LARGE", NULL,
                         "not enough memory for the output of the command");
        return;
    }

    if (!x->sessionless) {
        agent_execute_reply_fault(x, cmd->timeout_ms);
    }

    agent_execute_reply_begin(x);
}


/* outcomes of a session's command that clients expect as errors */

static void
agent_execute_reply_fault(agent_execute_t *x, uint64_t timeout_ms)
{
    if (x->exit.destroyed) {
        (void) agent_fault_set(&x->fault, 410, "SESSION_DESTROYED", NULL,
                               "Session '%s' was deleted while the command "
                               "ran", x->session);

    } else if (x->exit.timed_out) {
        (void) agent_fault_set(&x->fault, 500, "COMMAND_EXECUTION_ERROR", NULL,
                               "Command timeout after %llums%s",
                               (unsigned long long) timeout_ms,
                               x->exit.terminated
                               ? "; the session's shell did not return and "
                                 "was killed: its state is lost, and the next "
                                 "request starts a new shell" : "");

    } else if (x->exit.terminated) {
        (void) agent_fault_set(&x->fault, 410, "SESSION_TERMINATED", NULL,
                               "The session's shell exited (exit code: %d): "
                               "the state of session '%s' is lost, and the "
                               "next request starts a new shell",
                               x->exit.code, x->session);
    }
}


static void
agent_execute_reply_begin(agent_execute_t *x)
{
    int              i;
    size_t           len;
    agent_buffer_t  *b;

    static const struct {
        const char  *text;
        const char  *base64;
    } names[2] = {
        { "\",\"stderr\":\"", ",\"stdoutBase64\":\"" },
        { "\"", ",\"stderrBase64\":\"" }
    };

    x->closing = agent_execute_reply_closing(x);

    if (x->closing == NULL) {
        agent_response_json(x->r, 500, NULL);
        return;
    }

    (void) snprintf(x->opening, sizeof(x->opening),
                    "{\"success\":%s,\"exitCode\":%d,\"stdout\":\"",
                    x->exit.code == 0 && x->fault.code == NULL ? "true"
                                                               : "false",
                    x->exit.code);

    agent_execute_reply_part(x, AGENT_JSON_BODY_LITERAL, x->opening,
                             strlen(x->opening));

    for (i = 0; i < 2; i++) {
        b = &x->out[i];
        len = b->len;

        /* in a session, one trailing line feed is dropped from the output */

        if (!x->sessionless && len && b->data[len - 1] == '\n') {
            len--;
        }

        agent_execute_reply_part(x, AGENT_JSON_BODY_TEXT, b->data, len);
        agent_execute_reply_part(x, AGENT_JSON_BODY_LITERAL, names[i].text,
                                 strlen(names[i].text));
    }

    for (i = 0; i < 2; i++) {
        b = &x->out[i];

        if (!agent_utf8_valid(b->data, b->len)) {
            agent_execute_reply_part(x, AGENT_JSON_BODY_LITERAL,
                                     names[i].base64,
                                     strlen(names[i].base64));
            agent_execute_reply_part(x, AGENT_JSON_BODY_BASE64, b->data,
                                     b->len);
            agent_execute_reply_part(x, AGENT_JSON_BODY_LITERAL, "\"", 1);
        }
    }

    agent_execute_reply_part(x, AGENT_JSON_BODY_LITERAL, x->closing,
                             strlen(x->closing));

    x->reply.r = x->r;
    x->reply.status = x->fault.code ? x->fault.status : 200;
    x->reply.next = agent_execute_reply_next;
    x->reply.data = x;

    agent_json_body_send(&x->reply);
}


static void
agent_execute_reply_part(agent_execute_t *x, agent_json_body_e kind,
    const char *data, size_t len)
{
    agent_execute_part_t  *part;

    if (len) {
        part = &x->parts[x->nparts++];

        part->kind = kind;
        part->data = data;
        part->len = len;
    }
}


static agent_json_body_e
agent_execute_reply_next(void *data, agent_json_body_segment_t *segment)
{
    size_t                 max;
    agent_execute_t       *x;
    agent_execute_part_t  *part;

    x = data;

    if (x->part == x->nparts) {
        return AGENT_JSON_BODY_END;
    }

    part = &x->parts[x->part];

    segment->data = part->data;
    segment->len = part->len;

    max = agent_memory_piece(AGENT_EXECUTE_PIECE);

    if (part->len > max) {
        segment->len = max;

        if (part->kind == AGENT_JSON_BODY_TEXT) {
            segment->len -= agent_utf8_incomplete(part->data, max);
        }
    }

    part->data += segment->len;
    part->len -= segment->len;

    if (part->len == 0) {
        x->part++;
    }

    return part->kind;
}


/* members that follow the output, as the tail of the object */

static char *
agent_execute_reply_closing(agent_execute_t *x)
{
    char    *text, stamp[32];
    json_t  *json, *context;

    json = json_pack("{s:O, s:s}",
                     "command", json_object_get(x->body, "command"),
                     "timestamp", agent_time_iso(stamp));

    agent_execute_outcome(x, json, &x->exit);

    if (x->fault.code) {
        context = json_pack("{s:s, s:i}",
                            "sessionId", x->session,
                            "exitCode", x->exit.code);

        if (x->exit.timed_out) {
            json_object_set(context, "command",
                            json_object_get(x->body, "command"));
            json_object_set_new(context, "stderr", json_string(""));
        }

        json_object_set_new(json, "error", json_string(x->fault.message));
        json_object_set_new(json, "code", json_string(x->fault.code));
        json_object_set_new(json, "message", json_string(x->fault.message));
        json_object_set_new(json, "context", context);
        json_object_set_new(json, "httpStatus", json_integer(x->fault.status));
    }

    text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);

    if (text) {
        text[0] = ',';
    }

    return text;
}
