
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/json_ascii.h"
#include "base/memory.h"
#include "base/time.h"
#include "context/code.h"
#include "context/context.h"
#include "context/event.h"
#include "context/execution.h"
#include "context/params.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "http/sse.h"


/*
 * POST /api/execute/code: a cell, whose events are streamed as they happen,
 * or, with "Accept: application/json", collected in one response.
 */


/* limits of a response that is collected; results are streamed into it */
#define AGENT_CODE_LOG    (1024 * 1024)        /* bytes of each stream */
#define AGENT_CODE_ERROR  (1024 * 1024)

#define AGENT_CODE_IS_ERROR  "{\"type\":\"error\""


typedef struct {
    agent_execution_t    x;

    agent_request_t     *r;
    agent_sse_t         *sse;          /* NULL: collected */
    json_t              *body;
    uint64_t             timeout_ms;   /* that applies */

    /* collected */

    agent_buffer_t       logs[2];      /* strings, separated by commas */
    agent_buffer_t       error;
    size_t               collected;    /* bytes of all three */
    size_t               results;

    unsigned             begun:1;
    unsigned             within:1;     /* an event */
    unsigned             last:1;       /* it is the last one */
    unsigned             skip:1;       /* that is not shown */
    unsigned             is_error:1;
    unsigned             errors:1;     /* there was one */
    unsigned             ended:1;
    unsigned             truncated:2;  /* logs, by bit */
} agent_code_t;


static int agent_code_collects(agent_request_t *r);
static void agent_code_start(agent_execution_t *x);
static void agent_code_output(agent_execution_t *x, int stream,
    const char *buf, size_t len);
static void agent_code_log(agent_code_t *code, int stream, const char *buf,
    size_t len);
static int agent_code_collect(agent_code_t *code, size_t len);
static void agent_code_event(agent_execution_t *x,
    const agent_kernel_packet_t *p);
static void agent_code_part(agent_code_t *code, const char *buf, size_t len,
    int first, int more);
static void agent_code_part_sse(agent_code_t *code, const char *buf,
    size_t len, int first, int more);
static int agent_code_full(agent_execution_t *x);
static void agent_code_end(agent_execution_t *x, agent_execution_end_e how,
    const agent_exit_t *e, int restarted);
static void agent_code_end_sse(agent_code_t *code, agent_buffer_t *error);
static void agent_code_begin(agent_code_t *code);
static void agent_code_finish(agent_code_t *code, agent_buffer_t *error);
static void agent_code_fail(agent_execution_t *x, agent_fault_t *fault);
static void agent_code_drain(void *data);
static void agent_code_request_drain(agent_request_t *r);
static void agent_code_close(void *data);
static void agent_code_request_close(agent_request_t *r, int aborted);


void
agent_code_post(agent_request_t *r, json_t *body)
{
    agent_code_t     *code;
    agent_fault_t     fault;
    agent_context_t  *c;

    c = agent_context_params_context(body, &fault);

    if (c == NULL) {
        agent_http_error_fault(r, &fault);
        return;
    }

    code = calloc(1, sizeof(agent_code_t));

    if (code == NULL) {
        (void) agent_fault_no_memory(&fault);
        agent_http_error_fault(r, &fault);
        return;
    }

    code->r = r;
    code->body = json_incref(body);

    code->x.start = agent_code_start;
    code->x.output = agent_code_output;
    code->x.event = agent_code_event;
    code->x.full = agent_code_full;
    code->x.end = agent_code_end;
    code->x.fail = agent_code_fail;

    r->data = code;
    r->on_drain = agent_code_request_drain;
    r->on_close = agent_code_request_close;

    /* a context that cannot start answers with a status */

    code->x.request = agent_context_params_cell(body, c, &code->x.timeout_ms,
                                                &fault);
    code->timeout_ms = code->x.timeout_ms ? code->x.timeout_ms : c->timeout_ms;

    if (code->x.request == NULL
        || agent_execution_start(&code->x, c, &fault) != 0)
    {
        agent_http_error_fault(r, &fault);
    }
}


/* 1: the client takes JSON, and not the stream */

static int
agent_code_collects(agent_request_t *r)
{
    const char  *accept;

    accept = agent_request_header(r, "Accept");

    return accept && strstr(accept, "application/json")
           && strstr(accept, "text/event-stream") == NULL;
}


static void
agent_code_start(agent_execution_t *x)
{
    agent_code_t  *code;

    code = (agent_code_t *) x;

    if (agent_code_collects(code->r)) {
        return;
    }

    code->sse = agent_sse_create(code->r);

    if (code->sse == NULL) {
        agent_response_abort(code->r);
        return;
    }

    code->sse->data = code;
    code->sse->on_drain = agent_code_drain;
    code->sse->on_close = agent_code_close;
}


static void
agent_code_output(agent_execution_t *x, int stream, const char *buf,
    size_t len)
{
    char             stamp[32];
    agent_code_t    *code;
    agent_buffer_t   b;

    code = (agent_code_t *) x;

    if (code->sse == NULL) {
        agent_code_log(code, stream, buf, len);
        return;
    }

    memset(&b, 0, sizeof(agent_buffer_t));

    agent_buffer_printf(&b, "data: {\"type\":\"%s\",\"text\":\"",
                        stream == 1 ? "stdout" : "stderr");

    agent_json_ascii(&b, buf, len);

    agent_buffer_printf(&b, "\",\"timestamp\":\"%s\"}\n\n",
                        agent_time_iso(stamp));

    if (b.failed) {
        agent_response_abort(code->r);

    } else {
        agent_sse_bytes(code->sse, b.data, b.len);
    }

    agent_buffer_free(&b);
}


static void
agent_code_log(agent_code_t *code, int stream, const char *buf, size_t len)
{
    agent_buffer_t  *b, text;

    b = &code->logs[stream - 1];

    /* once something was left out, so is what follows */

    if (code->truncated & stream) {
        return;
    }

    memset(&text, 0, sizeof(agent_buffer_t));

    if (b->len) {
        agent_buffer_adds(&text, ",");
    }

    agent_buffer_adds(&text, "\"");
    agent_json_ascii(&text, buf, len);
    agent_buffer_adds(&text, "\"");

    if (text.failed || b->len + text.len > AGENT_CODE_LOG
        || agent_code_collect(code, text.len) != 0)
    {
        code->truncated |= stream;

    } else {
        agent_buffer_add(b, text.data, text.len);
    }

    agent_buffer_free(&text);
}


/* 0: there is memory for so many bytes more, or -1 */

static int
agent_code_collect(agent_code_t *code, size_t len)
{
    if (agent_memory_collect(len) != 0) {
        return -1;
    }

    code->collected += len;

    return 0;
}


static void
agent_code_event(agent_execution_t *x, const agent_kernel_packet_t *p)
{
    int              first;
    size_t           len;
    const char      *buf;
    agent_code_t    *code;
    agent_buffer_t   b;

    code = (agent_code_t *) x;
    buf = p->data;
    len = p->len;
    first = !code->within;

    if (first) {
        code->is_error = (len >= sizeof(AGENT_CODE_IS_ERROR) - 1
                          && memcmp(buf, AGENT_CODE_IS_ERROR,
                                    sizeof(AGENT_CODE_IS_ERROR) - 1)
                             == 0);

        /* of the interrupt that a timeout has caused */

        code->skip = (code->is_error && x->timed_out);

        if (code->is_error && !code->skip) {
            code->errors = 1;
        }
    }

    code->within = p->more;
    code->last = p->last;

    if (code->skip) {
        return;
    }

    if (first && code->is_error && x->lost) {

        /* after the brace of the object */

        memset(&b, 0, sizeof(agent_buffer_t));

        agent_buffer_adds(&b, "{");
        agent_event_lost(&b, &x->lost_by);
        agent_code_part(code, b.data, b.len, 1, 1);
        agent_buffer_free(&b);

        first = 0;
        buf += 1;
        len -= 1;
    }

    agent_code_part(code, buf, len, first, p->more);
}


static void
agent_code_part(agent_code_t *code, const char *buf, size_t len, int first,
    int more)
{
    if (code->sse) {
        agent_code_part_sse(code, buf, len, first, more);
        return;
    }

    if (code->is_error) {

        if (code->error.len + len <= AGENT_CODE_ERROR
            && agent_code_collect(code, len) == 0)
        {
            agent_buffer_add(&code->error, buf, len);

        } else {
            code->error.failed = 1;
        }

        return;
    }

    agent_code_begin(code);

    if (first && code->results++) {
        agent_response_write(code->r, ",", 1);
    }

    agent_response_write(code->r, buf, len);
}


static void
agent_code_part_sse(agent_code_t *code, const char *buf, size_t len, int first,
    int more)
{
    agent_buffer_t  b;

    memset(&b, 0, sizeof(agent_buffer_t));

    if (first) {
        agent_buffer_adds(&b, "data: ");
    }

    agent_buffer_add(&b, buf, len);

    if (!more) {
        agent_buffer_adds(&b, "\n\n");
    }

    if (b.failed) {
        agent_response_abort(code->r);

    } else if (code->last && !more) {

        /* one segment with what follows at once, and one wake-up for it */

        agent_sse_hold(code->sse, b.data, b.len);

    } else {
        agent_sse_bytes(code->sse, b.data, b.len);
    }

    agent_buffer_free(&b);
}


static int
agent_code_full(agent_execution_t *x)
{
    agent_code_t  *code;

    code = (agent_code_t *) x;

    return (code->sse || code->begun) && agent_response_full(code->r);
}


static void
agent_code_end(agent_execution_t *x, agent_execution_end_e how,
    const agent_exit_t *e, int restarted)
{
    agent_code_t    *code;
    agent_buffer_t   error;

    code = (agent_code_t *) x;
    memset(&error, 0, sizeof(agent_buffer_t));

    if (how != AGENT_EXECUTION_DONE) {

        /* an event that was cut off cannot be completed */

        if (code->within && !code->skip) {
            agent_response_abort(code->r);
            return;
        }

        if (!code->sse && !code->begun && !agent_code_collects(code->r)) {
            agent_code_start(x);
        }

        agent_event_error(&error, x, how, e, restarted, code->timeout_ms);
        code->errors = 1;
    }

    if (code->sse) {
        agent_code_end_sse(code, &error);

    } else {
        agent_code_finish(code, &error);
    }

    agent_buffer_free(&error);
}


static void
agent_code_end_sse(agent_code_t *code, agent_buffer_t *error)
{
    char             stamp[32];
    agent_buffer_t   b;

    memset(&b, 0, sizeof(agent_buffer_t));

    if (error->len) {
        agent_buffer_adds(&b, "data: ");
        agent_buffer_add(&b, error->data, error->len);
        agent_buffer_adds(&b, "\n\n");

    } else if (!code->errors) {
        agent_buffer_adds(&b, "data: {\"type\":\"execution_complete\",");

        if (code->x.lost) {
            agent_event_lost(&b, &code->x.lost_by);
        }

        agent_buffer_printf(&b, "\"execution_count\":%" PRIu64 ","
                            "\"timestamp\":\"%s\"}\n\n",
                            code->x.count, agent_time_iso(stamp));
    }

    if (b.failed || error->failed) {
        agent_response_abort(code->r);

    } else {
        code->ended = 1;
        agent_sse_hold(code->sse, b.data, b.len);
        agent_sse_end(code->sse);
    }

    agent_buffer_free(&b);
}


static void
agent_code_begin(agent_code_t *code)
{
    static const char  begin[] = "{\"success\":true,\"results\":[";

    static const agent_response_header_t  headers[] = {
        { "Content-Type", "application/json" },
        { NULL, NULL }
    };

    if (!code->begun) {
        code->begun = 1;

        agent_response_begin(code->r, 200, headers, -1);
        agent_response_write(code->r, begin, sizeof(begin) - 1);
    }
}


static void
agent_code_finish(agent_code_t *code, agent_buffer_t *error)
{
    char             stamp[32];
    json_t          *text;
    agent_buffer_t   b, *failure;

    memset(&b, 0, sizeof(agent_buffer_t));

    agent_code_begin(code);

    failure = error->len ? error : &code->error;
    text = json_object_get(code->body, "code");

    agent_buffer_adds(&b, "],\"code\":\"");
    agent_json_ascii(&b, json_string_value(text), json_string_length(text));
    agent_buffer_adds(&b, "\",\"logs\":{\"stdout\":[");
    agent_buffer_add(&b, code->logs[0].data, code->logs[0].len);
    agent_buffer_adds(&b, "],\"stderr\":[");
    agent_buffer_add(&b, code->logs[1].data, code->logs[1].len);
    agent_buffer_printf(&b, "]%s%s},\"error\":",
                        code->truncated & 1 ? ",\"stdoutTruncated\":true" : "",
                        code->truncated & 2 ? ",\"stderrTruncated\":true"
                                            : "");

    if (failure->len && !failure->failed) {
        agent_buffer_add(&b, failure->data, failure->len);

    } else if (code->errors) {
        agent_buffer_adds(&b, "{\"type\":\"error\",\"ename\":\"Error\","
                          "\"evalue\":\"The error was too large.\","
                          "\"traceback\":[]}");

    } else {
        agent_buffer_adds(&b, "null");
    }

    agent_buffer_adds(&b, ",");

    if (code->x.lost && !code->errors) {
        agent_event_lost(&b, &code->x.lost_by);
    }

    agent_buffer_printf(&b, "\"executionCount\":%" PRIu64 ","
                        "\"timestamp\":\"%s\"}",
                        code->x.count, agent_time_iso(stamp));

    if (b.failed || code->logs[0].failed || code->logs[1].failed) {
        agent_response_abort(code->r);

    } else {
        code->ended = 1;
        agent_response_finish(code->r, b.data, b.len);
    }

    agent_buffer_free(&b);
}


/* its context has no kernel */

static void
agent_code_fail(agent_execution_t *x, agent_fault_t *fault)
{
    agent_code_t  *code;

    code = (agent_code_t *) x;

    agent_http_error_fault(code->r, fault);
}


static void
agent_code_drain(void *data)
{
    agent_code_t  *code;

    code = data;

    agent_execution_resume(&code->x);
}


static void
agent_code_request_drain(agent_request_t *r)
{
    agent_code_drain(r->data);
}


static void
agent_code_close(void *data)
{
    agent_code_t  *code;

    code = data;

    agent_execution_abandon(&code->x);

    agent_buffer_free(&code->logs[0]);
    agent_buffer_free(&code->logs[1]);
    agent_buffer_free(&code->error);
    agent_memory_drop(code->collected);

    json_decref(code->x.request);
    json_decref(code->body);
    free(code);
}


static void
agent_code_request_close(agent_request_t *r, int aborted)
{
    agent_code_close(r->data);
}
