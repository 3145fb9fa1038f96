
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/connection.h"
#include "http/error.h"
#include "http/http_int.h"
#include "http/output.h"
#include "http/parser.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "http/server.h"


/*
 * The agent's HTTP on a connection that is only imagined: the bytes arrive in
 * pieces, handlers pause and resume, answer early and late, and every request
 * that was begun must end exactly once.
 */


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_feed(const uint8_t *data, size_t size, size_t step);
static void fuzz_advance(void);
static void fuzz_json(agent_request_t *r, json_t *body);
static void fuzz_body(agent_request_t *r, const char *buf, size_t len);
static size_t fuzz_switched(agent_request_t *r, char *buf, size_t len);
static void fuzz_complete(agent_request_t *r);
static void fuzz_close(agent_request_t *r, int aborted);
static void fuzz_sent(agent_connection_t *c, const struct iovec *iov, int n);


static agent_connection_t  fuzz_conn;
static int                 fuzz_again;
static size_t              fuzz_open;
static size_t              fuzz_len;
static agent_request_t    *fuzz_paused;

static const agent_response_header_t  fuzz_upgrade[] = {
    { "Upgrade", "websocket" },
    { NULL, NULL }
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }

    /* whole, and in pieces */

    fuzz_feed(data + 1, size - 1, size);
    fuzz_feed(data + 1, size - 1, data[0] + 1);

    return 0;
}


static void
fuzz_feed(const uint8_t *data, size_t size, size_t step)
{
    char                *in;
    size_t               n;
    agent_connection_t  *c;

    c = &fuzz_conn;

    memset(c, 0, sizeof(agent_connection_t));
    fuzz_open = 0;
    fuzz_again = 0;
    fuzz_paused = NULL;

    while (size && !c->broken && !c->last) {
        n = size < step ? size : step;

        if (!agent_parser_wants(c)) {

            if (fuzz_paused == NULL) {
                break;
            }

            agent_request_resume(fuzz_paused);
            fuzz_paused = NULL;
        }

        in = malloc(c->in_len + n);
        FUZZ_CHECK(in != NULL);

        if (c->in_len) {
            memcpy(in, c->in, c->in_len);
        }

        memcpy(in + c->in_len, data, n);

        free(c->in);

        c->in = in;
        c->in_len += n;

        data += n;
        size -= n;

        fuzz_advance();
    }

    while (fuzz_paused && !c->broken) {
        agent_request_resume(fuzz_paused);
        fuzz_paused = NULL;
        fuzz_advance();
    }

    agent_parser_gone(c);

    FUZZ_CHECK(fuzz_open == 0);

    free(c->in);
    c->in = NULL;
}


static void
fuzz_advance(void)
{
    char                *copy;
    size_t               used;
    agent_connection_t  *c;

    c = &fuzz_conn;

    do {
        fuzz_again = 0;

        /* of exact size, so that a byte too far is seen */

        copy = malloc(c->in_len + (c->in_len == 0));
        FUZZ_CHECK(copy != NULL);

        if (c->in_len) {
            memcpy(copy, c->in, c->in_len);
        }

        used = agent_parser_process(c, copy, c->in_len);

        FUZZ_CHECK(used <= c->in_len);

        c->in_len -= used;

        if (c->in_len) {
            memmove(c->in, c->in + used, c->in_len);
        }

        free(copy);

    } while (fuzz_again && !c->broken);
}


/* the path's first letter says what the handler does */

void
agent_router_handle(agent_request_t *r)
{
    char  *value;

    FUZZ_CHECK(r->method && r->path && r->query);

    (void) agent_request_header(r, "Session-Id");

    value = agent_request_arg(r, "a");
    free(value);

    fuzz_open++;
    fuzz_len = 0;
    r->on_close = fuzz_close;

    switch (r->path[0] ? r->path[1] : 0) {

    case 'j':
        agent_request_json(r, 512, fuzz_json);
        break;

    case 'b':
        r->on_body = fuzz_body;
        r->on_complete = fuzz_complete;
        break;

    case 'p':
        r->on_body = fuzz_body;
        r->on_complete = fuzz_complete;
        fuzz_paused = r;
        agent_request_pause(r);
        break;

    case 'a':
        agent_response_abort(r);
        break;

    case 'l':
        agent_response_begin(r, 200, NULL, 3);
        agent_response_write(r, "abcd", r->path[2] == 'x' ? 4 : 3);
        agent_response_end(r);
        break;

    case 's':

        if (((agent_http_t *) r)->body_done) {
            r->on_switched = fuzz_switched;
            agent_response_switch(r, fuzz_upgrade);
            break;
        }

        /* fall through */

    default:
        agent_http_error(r, 404, "UNKNOWN_ERROR", NULL, "not found: %s",
                         r->path);
    }
}


static void
fuzz_json(agent_request_t *r, json_t *body)
{
    FUZZ_CHECK(json_is_object(body));
    agent_response_json(r, 200, json_incref(body));
}


static void
fuzz_body(agent_request_t *r, const char *buf, size_t len)
{
    fuzz_len += len;

    FUZZ_CHECK(len && (r->content_length < 0
                       || (int64_t) fuzz_len <= r->content_length));

    if (buf[0] == 'p' && fuzz_paused == NULL) {
        fuzz_paused = r;
        agent_request_pause(r);

    } else if (buf[0] == 'e') {
        agent_response_begin(r, 200, NULL, -1);
        agent_response_write(r, buf, len);
        agent_response_end(r);
    }
}


/* a protocol of its own: 'p' pauses, 'e' ends, and both are consumed alone */

static size_t
fuzz_switched(agent_request_t *r, char *buf, size_t len)
{
    FUZZ_CHECK(len != 0);

    if (buf[0] == 'p' && fuzz_paused == NULL) {
        fuzz_paused = r;
        agent_request_pause(r);
        return 1;
    }

    if (buf[0] == 'e') {
        agent_response_end(r);
        return 1;
    }

    agent_response_write(r, buf, len);
    buf[0] = 'x';

    return len;
}


static void
fuzz_complete(agent_request_t *r)
{
    FUZZ_CHECK(r->content_length < 0
               || (int64_t) fuzz_len == r->content_length);

    agent_response_begin(r, 200, NULL, -1);
    agent_response_write(r, "x", 1);
    agent_response_end(r);
}


static void
fuzz_close(agent_request_t *r, int aborted)
{
    FUZZ_CHECK(fuzz_open == 1);
    fuzz_open--;

    if (fuzz_paused == r) {
        fuzz_paused = NULL;
    }
}


int
agent_server_draining(void)
{
    return 0;
}


void
agent_http_output_send(agent_connection_t *c, const struct iovec *iov, int n)
{
    fuzz_sent(c, iov, n);
}


void
agent_http_output_hold(agent_connection_t *c, const struct iovec *iov, int n)
{
    fuzz_sent(c, iov, n);
}


static void
fuzz_sent(agent_connection_t *c, const struct iovec *iov, int n)
{
    int               i;
    size_t            k;
    volatile uint8_t  sum;

    /* every byte of it is read, as the kernel would */

    for (i = 0, sum = 0; i < n; i++) {

        for (k = 0; k < iov[i].iov_len; k++) {
            sum ^= ((const uint8_t *) iov[i].iov_base)[k];
        }
    }
}


void
agent_http_output_flush(agent_connection_t *c)
{
    c->queued = 0;
}


void
agent_connection_fit(agent_connection_t *c)
{
}


void
agent_connection_defer(agent_connection_t *c)
{
    fuzz_again = 1;
}
