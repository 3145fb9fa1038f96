
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/time.h"
#include "http/connection.h"
#include "http/error.h"
#include "http/http_int.h"
#include "http/output.h"
#include "http/request.h"
#include "http/response.h"
#include "http/server.h"


#define AGENT_RESPONSE_HEAD  8192


static size_t agent_http_put(agent_request_t *r, const void *buf, size_t len,
    void (*put)(agent_connection_t *c, const struct iovec *iov, int n));
static const char *agent_response_reason(int status);


void
agent_response_begin(agent_request_t *r, int status,
    const agent_response_header_t *headers, int64_t length)
{
    int            n;
    char           head[AGENT_RESPONSE_HEAD];
    size_t         len;
    agent_http_t  *h;
    struct iovec   iov;

    h = (agent_http_t *) r;

    if (h->begun || h->conn->broken) {
        h->begun = 1;
        return;
    }

    h->begun = 1;
    h->status = status;
    h->length = length;
    h->chunked = (length < 0 && !h->http10);

    if ((length < 0 && h->http10) || agent_server_draining()) {
        h->keepalive = 0;
    }

    if (!h->body_done && h->continue_wanted) {
        h->keepalive = 0;
    }

    len = snprintf(head, sizeof(head), "HTTP/1.1 %d %s\r\n", status,
                   agent_response_reason(status));

    for ( /* void */ ; headers && headers->name; headers++) {

        n = snprintf(head + len, sizeof(head) - len, "%s: %s\r\n",
                     headers->name, headers->value);

        if ((size_t) n >= sizeof(head) - len - 128) {
            /* our headers are short: a truncated head would be wrong */
            h->conn->broken = 1;
            agent_connection_defer(h->conn);
            return;
        }

        len += n;
    }

    if (h->chunked) {
        n = snprintf(head + len, sizeof(head) - len,
                     "Transfer-Encoding: chunked\r\n");
        len += n;

    } else if (length >= 0 && status != 204 && status != 304) {
        n = snprintf(head + len, sizeof(head) - len,
                     "Content-Length: %lld\r\n", (long long) length);
        len += n;
    }

    n = snprintf(head + len, sizeof(head) - len, "Connection: %s\r\n\r\n",
                 h->keepalive ? "keep-alive" : "close");
    len += n;

    iov.iov_base = head;
    iov.iov_len = len;

    if (length < 0) {
        /* a stream: send the head at once */
        agent_http_output_send(h->conn, &iov, 1);

    } else {
        agent_http_output_hold(h->conn, &iov, 1);
    }
}


size_t
agent_response_write(agent_request_t *r, const void *buf, size_t len)
{
    return agent_http_put(r, buf, len, agent_http_output_send);
}


void
agent_response_finish(agent_request_t *r, const void *buf, size_t len)
{
    /* send it together with the end: one segment, one wake-up of the reader */

    (void) agent_response_hold(r, buf, len);

    agent_response_end(r);
}


static size_t
agent_http_put(agent_request_t *r, const void *buf, size_t len,
    void (*put)(agent_connection_t *c, const struct iovec *iov, int n))
{
    char           size[32];
    agent_http_t  *h;
    struct iovec   iov[3];

    h = (agent_http_t *) r;

    if (len == 0 || h->ended || h->head_only || h->conn->broken) {
        return h->conn->queued;
    }

    if (h->length >= 0) {

        if ((uint64_t) len > (uint64_t) h->length) {
            agent_response_abort(r);
            return 0;
        }

        h->length -= len;
    }

    if (h->chunked) {
        iov[0].iov_base = size;
        iov[0].iov_len = snprintf(size, sizeof(size), "%zx\r\n", len);
        iov[1].iov_base = (void *) buf;
        iov[1].iov_len = len;
        iov[2].iov_base = "\r\n";
        iov[2].iov_len = 2;

        put(h->conn, iov, 3);

    } else {
        iov[0].iov_base = (void *) buf;
        iov[0].iov_len = len;

        put(h->conn, iov, 1);
    }

    (void) agent_response_full(r);

    return h->conn->queued;
}


size_t
agent_response_hold(agent_request_t *r, const void *buf, size_t len)
{
    return agent_http_put(r, buf, len, agent_http_output_hold);
}


int
agent_response_full(agent_request_t *r)
{
    agent_http_t  *h;

    h = (agent_http_t *) r;

    /* a head that is held back is sent with the first bytes of the body */

    if (h->conn->corked
        || h->conn->queued <= agent_memory_queue(AGENT_HTTP_HIGH))
    {
        return 0;
    }

    h->conn->want_drain = 1;

    return 1;
}


size_t
agent_response_queued(agent_request_t *r)
{
    return ((agent_http_t *) r)->conn->queued;
}


void
agent_response_end(agent_request_t *r)
{
    agent_http_t  *h;
    struct iovec   iov;

    h = (agent_http_t *) r;

    if (h->ended) {
        return;
    }

    if (h->length > 0 && !h->head_only) {
        /*
         * less was written than announced: the client must see a truncated
         * body
         */
        agent_response_abort(r);
        return;
    }

    if (h->chunked && !h->head_only) {
        iov.iov_base = "0\r\n\r\n";
        iov.iov_len = 5;

        agent_http_output_send(h->conn, &iov, 1);
    }

    h->ended = 1;
    h->paused = 0;

    if (h->switched) {
        h->body_done = 1;
    }

    agent_connection_defer(h->conn);
}


void
agent_response_switch(agent_request_t *r,
    const agent_response_header_t *headers)
{
    agent_http_t    *h;
    struct iovec     iov;
    agent_buffer_t   head;

    h = (agent_http_t *) r;

    if (h->begun || h->conn->broken) {
        h->begun = 1;
        return;
    }

    h->begun = 1;
    h->status = 101;
    h->length = -1;
    h->switched = 1;
    h->keepalive = 0;

    /* what follows the headers is what on_switched takes */
    h->body_done = 0;
    h->completed = 1;

    memset(&head, 0, sizeof(agent_buffer_t));

    agent_buffer_adds(&head, "HTTP/1.1 101 Switching Protocols\r\n");

    for ( /* void */ ; headers->name; headers++) {
        agent_buffer_printf(&head, "%s: %s\r\n", headers->name,
                            headers->value);
    }

    agent_buffer_adds(&head, "Connection: Upgrade\r\n\r\n");

    if (head.failed) {
        agent_response_abort(r);

    } else {
        iov.iov_base = head.data;
        iov.iov_len = head.len;

        agent_http_output_send(h->conn, &iov, 1);
    }

    agent_buffer_free(&head);
}


void
agent_response_abort(agent_request_t *r)
{
    agent_http_t  *h;

    h = (agent_http_t *) r;

    h->conn->broken = 1;
    agent_connection_defer(h->conn);
}


void
agent_response_json(agent_request_t *r, int status, json_t *json)
{
    char    *text;
    size_t   len;

    static const agent_response_header_t  headers[] = {
        { "Content-Type", "application/json" },
        { NULL, NULL }
    };

    static const char  oom[] =
        "{\"error\":\"out of memory\",\"code\":\"INTERNAL_ERROR\","
        "\"message\":\"out of memory\",\"context\":{},"
        "\"httpStatus\":500,\"timestamp\":\"1970-01-01T00:00:00.000Z\"}";

    text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);

    if (text == NULL) {
        agent_response_begin(r, 500, headers, sizeof(oom) - 1);
        agent_response_write(r, oom, sizeof(oom) - 1);
        agent_response_end(r);
        return;
    }

    len = strlen(text);

    /* a large response would be in memory until its client has read it */

    if (len > AGENT_HTTP_LOW && agent_memory_level() == AGENT_MEMORY_LOW) {
        free(text);
        agent_http_error(r, 429, "LIMIT_REACHED",
                         json_pack("{s:s, s:i}", "limit",
                                   "bytes of unread responses", "max",
                                   AGENT_HTTP_LOW),
                         "a response of %zu bytes does not fit beside "
                         "responses that are not read", len);
        return;
    }

    agent_response_begin(r, status, headers, len);
    agent_response_write(r, text, len);
    agent_response_end(r);

    free(text);
}


void
agent_response_success(agent_request_t *r, const char *name, json_t *value)
{
    char  stamp[32];

    agent_response_json(r, 200, json_pack("{s:b, s:o, s:s}",
                                          "success", 1,
                                          name, value,
                                          "timestamp", agent_time_iso(stamp)));
}


static const char *
agent_response_reason(int status)
{
    static const struct {
        int          status;
        const char  *reason;
    } reasons[] = {
        { 200, "OK" }, { 201, "Created" }, { 204, "No Content" },
        { 206, "Partial Content" }, { 304, "Not Modified" },
        { 400, "Bad Request" }, { 403, "Forbidden" },
        { 404, "Not Found" }, { 408, "Request Timeout" },
        { 409, "Conflict" }, { 410, "Gone" },
        { 412, "Precondition Failed" }, { 413, "Content Too Large" },
        { 416, "Range Not Satisfiable" }, { 417, "Expectation Failed" },
        { 426, "Upgrade Required" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" }, { 501, "Not Implemented" },
        { 502, "Bad Gateway" }, { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" }, { 507, "Insufficient Storage" }
    };

    size_t  i;

    for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {

        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }

    return "Other";
}
