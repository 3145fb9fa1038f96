
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/time.h"
#include "http/connection.h"
#include "http/error.h"
#include "http/http_int.h"
#include "http/output.h"
#include "http/parser.h"
#include "http/router.h"
#include "http/server.h"


static ssize_t agent_http_head_end(const char *buf, size_t len);
static void agent_http_start(agent_connection_t *c, const char *buf,
    size_t len);
static int agent_http_check(agent_http_t *h);
static int agent_http_on_url(llhttp_t *parser, const char *at, size_t len);
static int agent_http_on_field(llhttp_t *parser, const char *at, size_t len);
static int agent_http_on_value(llhttp_t *parser, const char *at, size_t len);
static int agent_http_on_body(llhttp_t *parser, const char *at, size_t len);
static int agent_http_on_message(llhttp_t *parser);
static size_t agent_http_body(agent_connection_t *c, const char *buf,
    size_t len);
static size_t agent_http_switched(agent_connection_t *c, char *buf,
    size_t len);
static void agent_http_continue(agent_http_t *h);
static void agent_http_complete(agent_http_t *h);
static int agent_http_finish(agent_connection_t *c);
static void agent_http_free(agent_http_t *h, int aborted);
static void agent_http_refuse(agent_connection_t *c, int status,
    const char *message);


static const llhttp_settings_t  agent_http_settings = {
    .on_url = agent_http_on_url,
    .on_header_field = agent_http_on_field,
    .on_header_value = agent_http_on_value,
    .on_body = agent_http_on_body,
    .on_message_complete = agent_http_on_message
};


size_t
agent_parser_process(agent_connection_t *c, char *buf, size_t len)
{
    size_t   used;
    ssize_t  n;

    used = 0;

    while (!c->broken && !c->last) {

        if (c->http == NULL) {

            /* empty lines may precede a request */

            while (len - used >= 2 && buf[used] == '\r'
                   && buf[used + 1] == '\n')
            {
                used += 2;
            }

            n = agent_http_head_end(buf + used, len - used);

            if (n == -1) {
                agent_http_refuse(c, 400, "malformed request line or header");
                break;
            }

            if (n > AGENT_PARSER_HEADERS_MAX
                || (n == 0 && len - used >= AGENT_PARSER_HEADERS_MAX))
            {
                agent_http_refuse(c, 431, "request header too large");
                break;
            }

            if (n == 0) {

                if (agent_server_draining() && len == used && c->served) {
                    c->last = 1;
                }

                break;
            }

            agent_http_start(c, buf + used, n);
            used += n;
            continue;
        }

        if (!c->http->body_done && !c->http->paused && used < len) {

            if (c->http->switched) {
                n = agent_http_switched(c, buf + used, len - used);
                used += n;

                if (n == 0) {
                    break;
                }

                continue;
            }

            used += agent_http_body(c, buf + used, len - used);
            continue;
        }

        if (!agent_http_finish(c)) {
            break;
        }
    }

    return used;
}


int
agent_parser_wants(agent_connection_t *c)
{
    return c->http == NULL || (!c->http->body_done && !c->http->paused);
}


/*
 * The length of the request line and headers with the final empty line; 0:
 * incomplete; -1: a line that our clients do not send and that parsers
 * interpret differently.
 */

static ssize_t
agent_http_head_end(const char *buf, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {

        if (buf[i] == '\0') {
            return -1;
        }

        if (buf[i] == '\n') {

            if (i == 0 || buf[i - 1] != '\r') {
                return -1;
            }

            if (i >= 3 && buf[i - 2] == '\n') {
                return i + 1;
            }

            /* a folded header line, or a header without a name */

            if (i + 1 < len && (buf[i + 1] == ' ' || buf[i + 1] == '\t'
                                || buf[i + 1] == ':'))
            {
                return -1;
            }

        } else if (buf[i] == '\r' && i + 1 < len && buf[i + 1] != '\n') {
            return -1;
        }
    }

    return 0;
}


static void
agent_http_start(agent_connection_t *c, const char *buf, size_t len)
{
    int            rc, status;
    char          *p;
    size_t         i;
    agent_http_t  *h;

    h = calloc(1, sizeof(agent_http_t) + len + 1);

    if (h == NULL) {
        agent_http_refuse(c, 500, "out of memory");
        return;
    }

    agent_connection_fit(c);

    h->conn = c;
    h->began = agent_time_ms();
    h->head = (char *) (h + 1);
    h->head_len = len;
    memcpy(h->head, buf, len);

    c->http = h;

    llhttp_init(&c->parser, HTTP_REQUEST, &agent_http_settings);
    c->parser.data = h;

    rc = llhttp_execute(&c->parser, h->head, len);

    if ((rc != HPE_OK && rc != HPE_PAUSED && rc != HPE_PAUSED_UPGRADE)
        || h->target == NULL)
    {
        status = h->overflow ? 431 : 400;
        goto refuse;
    }

    /* until here, names and values are adjacent and not NUL-terminated */

    for (i = 0; i < h->nfields; i++) {
        h->head[h->fields[i].name + h->fields[i].name_len] = '\0';
        h->head[h->fields[i].value + h->fields[i].value_len] = '\0';
    }

    h->target[h->target_len] = '\0';

    h->r.method = llhttp_method_name(c->parser.method);
    h->head_only = (c->parser.method == HTTP_HEAD);
    h->http10 = (c->parser.http_minor == 0);
    h->keepalive = !h->http10;

    status = agent_http_check(h);

    if (status) {
        goto refuse;
    }

    p = strchr(h->target, '?');

    if (p) {
        *p++ = '\0';
    }

    h->r.path = h->target;
    h->r.query = p ? p : "";

    if (rc == HPE_PAUSED_UPGRADE) {
        /* an ordinary request unless its handler switches protocols */
        h->body_done = 1;
        h->keepalive = 0;
    }

    h->routed = 1;
    agent_router_handle(&h->r);

    if (h->body_done) {
        agent_http_complete(h);

    } else if (h->continue_wanted && !h->begun) {
        agent_http_continue(h);
    }

    return;

refuse:

    c->http = NULL;
    free(h);

    agent_http_refuse(c, status, status == 431 ? "too many header fields"
                      : status == 417 ? "unknown expectation"
                                      : "malformed request");
}


/* rejects what the parser tolerates; 0, or a status */

static int
agent_http_check(agent_http_t *h)
{
    size_t       i, hosts, lengths, codings;
    const char  *name, *value;

    hosts = 0;
    lengths = 0;
    codings = 0;

    if (h->conn->parser.http_major != 1) {
        return 400;
    }

    h->r.content_length = 0;

    for (i = 0; i < h->nfields; i++) {
        name = h->head + h->fields[i].name;
        value = h->head + h->fields[i].value;

        if (strcasecmp(name, "Host") == 0) {
            hosts++;

        } else if (strcasecmp(name, "Content-Length") == 0) {
            lengths++;

            if (h->conn->parser.content_length > INT64_MAX
                || *value == '\0' || value[strspn(value, "0123456789")])
            {
                return 400;
            }

            h->r.content_length = strtoll(value, NULL, 10);

        } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
            codings++;

            if (strcasecmp(value, "chunked") != 0 || h->http10) {
                return 400;
            }

            h->r.content_length = -1;

        } else if (strcasecmp(name, "Connection") == 0) {

            if (strcasestr(value, "close")) {
                h->keepalive = 0;

            } else if (strcasestr(value, "keep-alive")) {
                h->keepalive = 1;
            }

        } else if (strcasecmp(name, "Expect") == 0) {

            if (strcasecmp(value, "100-continue") != 0) {
                return 417;
            }

            h->continue_wanted = !h->http10;
        }
    }

    if (lengths + codings > 1 || hosts > 1 || (hosts == 0 && !h->http10)) {
        return 400;
    }

    return 0;
}


static int
agent_http_on_url(llhttp_t *parser, const char *at, size_t len)
{
    agent_http_t  *h;

    h = parser->data;

    if (h->target == NULL) {
        h->target = (char *) at;
    }

    /* the next byte is the space before the version, already parsed */

    h->target_len += len;

    return 0;
}


static int
agent_http_on_field(llhttp_t *parser, const char *at, size_t len)
{
    agent_http_t        *h;
    agent_http_field_t  *f;

    h = parser->data;

    if (h->routed) {
        /* a trailer: ignored, but its size is limited */
        h->trailers += len;
        return h->trailers > AGENT_PARSER_HEADERS_MAX ? HPE_USER : 0;
    }

    if (h->nfields == AGENT_HTTP_FIELDS) {
        h->overflow = 1;
        return HPE_USER;
    }

    f = &h->fields[h->nfields++];

    f->name = at - h->head;
    f->name_len = len;
    f->value = f->name + len;
    f->value_len = 0;

    h->named = (len != 0);

    return 0;
}


static int
agent_http_on_value(llhttp_t *parser, const char *at, size_t len)
{
    agent_http_t        *h;
    agent_http_field_t  *f;

    h = parser->data;

    if (h->routed) {
        h->trailers += len;
        return h->trailers > AGENT_PARSER_HEADERS_MAX ? HPE_USER : 0;
    }

    /* the parser accepts an empty name, and then reports no name */

    if (!h->named) {
        return HPE_USER;
    }

    h->named = 0;

    f = &h->fields[h->nfields - 1];

    f->value = at - h->head;
    f->value_len = len;

    /* trailing white space does not belong to the value */

    while (f->value_len && (at[f->value_len - 1] == ' '
                            || at[f->value_len - 1] == '\t'))
    {
        f->value_len--;
    }

    /* the parser reports an empty value when the next name begins */

    if (f->value_len == 0) {
        f->value = f->name + f->name_len;
    }

    return 0;
}


static int
agent_http_on_body(llhttp_t *parser, const char *at, size_t len)
{
    agent_http_t  *h;

    h = parser->data;

    if (h->r.on_body && len && !h->ended && !h->conn->broken) {
        h->r.on_body(&h->r, at, len);
    }

    /*
     * Pausing at the last byte would hide the end of the message until more
     * input arrives, so bytes already read are passed on.
     */

    return 0;
}


static int
agent_http_on_message(llhttp_t *parser)
{
    agent_http_t  *h;

    h = parser->data;
    h->body_done = 1;

    return HPE_PAUSED;
}


/* returns the number of bytes consumed */

static size_t
agent_http_body(agent_connection_t *c, const char *buf, size_t len)
{
    int            rc;
    size_t         used;
    agent_http_t  *h;

    h = c->http;

    rc = llhttp_execute(&c->parser, buf, len);

    if (rc == HPE_PAUSED || rc == HPE_PAUSED_UPGRADE) {
        used = llhttp_get_error_pos(&c->parser) - buf;
        llhttp_resume(&c->parser);

    } else if (rc == HPE_OK) {
        used = len;

    } else {
        /* the beginning of the next request cannot be determined */
        used = len;

        if (h->begun) {
            c->broken = 1;

        } else {
            agent_http_error(&h->r, 400, "VALIDATION_FAILED", NULL,
                             "malformed request body: %s",
                             llhttp_errno_name(rc));
        }

        h->body_done = 1;
        h->completed = 1;
        h->keepalive = 0;
    }

    if (h->body_done && !h->completed) {
        agent_http_complete(h);
    }

    return used;
}


/* returns the number of bytes consumed */

static size_t
agent_http_switched(agent_connection_t *c, char *buf, size_t len)
{
    agent_http_t  *h;

    h = c->http;

    return h->ended ? len : h->r.on_switched(&h->r, buf, len);
}


static void
agent_http_continue(agent_http_t *h)
{
    static const char  text[] = "HTTP/1.1 100 Continue\r\n\r\n";

    struct iovec  iov = { (char *) text, sizeof(text) - 1 };

    h->continue_wanted = 0;
    agent_http_output_send(h->conn, &iov, 1);
}


static void
agent_http_complete(agent_http_t *h)
{
    if (h->completed) {
        return;
    }

    h->completed = 1;

    if (h->r.on_complete && !h->ended && !h->conn->broken) {
        h->r.on_complete(&h->r);
    }
}


/* 1: the request is complete, and the next may follow */

static int
agent_http_finish(agent_connection_t *c)
{
    agent_http_t  *h;

    h = c->http;

    if (!h->ended) {
        return 0;
    }

    if (c->queued) {
        agent_http_output_flush(c);
    }

    if (c->queued || c->broken) {
        return 0;
    }

    if (!h->body_done) {

        /* a client that awaits "100 Continue" sends nothing more */

        if (!h->continue_wanted) {
            return 0;
        }

        h->keepalive = 0;
    }

    c->http = NULL;
    c->served = 1;

    if (!h->keepalive) {
        c->last = 1;
    }

    if (h->r.on_close) {
        h->r.on_close(&h->r, 0);
    }

    agent_http_free(h, 0);

    return 1;
}


void
agent_parser_drained(agent_connection_t *c)
{
    agent_http_t  *h;

    h = c->http;

    if (h && h->r.on_drain && !h->ended) {
        h->r.on_drain(&h->r);
    }
}


void
agent_parser_gone(agent_connection_t *c)
{
    agent_http_t  *h;

    h = c->http;

    if (h == NULL) {
        return;
    }

    c->http = NULL;

    if (h->r.on_close) {
        h->r.on_close(&h->r, 1);
    }

    agent_http_free(h, 1);
}


static void
agent_http_free(agent_http_t *h, int aborted)
{
    /* without the query, which may contain a key */

    agent_log_debug("%s %s: %d, %llu ms%s", h->r.method, h->r.path, h->status,
                    (unsigned long long) (agent_time_ms() - h->began),
                    aborted ? ", client disconnected" : "");

    agent_buffer_free(&h->json);
    agent_memory_drop(h->collected);
    free(h);
}


/* responds to input that cannot be parsed as a request */

static void
agent_http_refuse(agent_connection_t *c, int status, const char *message)
{
    agent_http_t  *h;

    h = calloc(1, sizeof(agent_http_t));

    if (h == NULL) {
        c->broken = 1;
        return;
    }

    h->conn = c;
    h->began = agent_time_ms();
    h->r.method = "GET";
    h->r.path = "";
    h->r.query = "";
    h->body_done = 1;
    h->completed = 1;

    c->http = h;

    agent_http_error(&h->r, status, "VALIDATION_FAILED", NULL, "%s",
                     message);
    (void) agent_http_finish(c);
}
