
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/url.h"
#include "http/connection.h"
#include "http/error.h"
#include "http/http_int.h"
#include "http/request.h"


static const char *agent_request_large(agent_request_t *r);
static const char *agent_request_invalid(agent_request_t *r);
static void agent_request_json_body(agent_request_t *r, const char *buf,
    size_t len);
static void agent_request_json_complete(agent_request_t *r);


const char *
agent_request_header(agent_request_t *r, const char *name)
{
    size_t         i;
    agent_http_t  *h;

    h = (agent_http_t *) r;

    for (i = 0; i < h->nfields; i++) {

        if (strcasecmp(h->head + h->fields[i].name, name) == 0) {
            return h->head + h->fields[i].value;
        }
    }

    return NULL;
}


char *
agent_request_arg(agent_request_t *r, const char *name)
{
    const char  *pos;

    pos = r->query;

    return agent_request_arg_next(r, name, &pos);
}


char *
agent_request_arg_next(agent_request_t *r, const char *name, const char **pos)
{
    int          c;
    char        *value, *d;
    size_t       len;
    const char  *p, *end;

    len = strlen(name);

    for (p = *pos; *p; p = *end ? end + 1 : end) {
        end = p + strcspn(p, "&");

        if (strncmp(p, name, len) != 0
            || (p[len] != '=' && p + len != end))
        {
            continue;
        }

        p += len + (p[len] == '=');
        *pos = *end ? end + 1 : end;

        value = malloc(end - p + 1);

        if (value == NULL) {
            return NULL;
        }

        for (d = value; p < end; p++) {

            if (*p == '+') {
                *d++ = ' ';
                continue;
            }

            c = agent_url_escape(p, end - p);

            if (c == -1) {
                *d++ = *p;
                continue;
            }

            *d++ = (char) c;
            p += 2;
        }

        *d = '\0';

        return value;
    }

    return NULL;
}


void
agent_request_pause(agent_request_t *r)
{
    agent_http_t  *h;

    h = (agent_http_t *) r;

    if (!h->ended) {
        h->paused = 1;
    }
}


void
agent_request_resume(agent_request_t *r)
{
    agent_http_t  *h;

    h = (agent_http_t *) r;

    if (h->paused) {
        h->paused = 0;
        agent_connection_defer(h->conn);
    }
}


void
agent_request_json(agent_request_t *r, size_t max,
    agent_request_json_pt handler)
{
    agent_http_t  *h;

    h = (agent_http_t *) r;

    if (r->content_length > (int64_t) max) {
        agent_http_error(r, 413, agent_request_large(r), NULL,
                         "request body larger than %zu bytes", max);
        return;
    }

    h->json_handler = handler;
    h->json_max = max;

    r->on_body = agent_request_json_body;
    r->on_complete = agent_request_json_complete;
}


static const char *
agent_request_large(agent_request_t *r)
{
    return r->family == AGENT_REQUEST_API ? "VALIDATION_FAILED"
                                          : "payload_too_large";
}


static const char *
agent_request_invalid(agent_request_t *r)
{
    return r->family == AGENT_REQUEST_API ? "VALIDATION_FAILED"
                                          : "invalid_request";
}


static void
agent_request_json_body(agent_request_t *r, const char *buf, size_t len)
{
    agent_http_t  *h;

    h = (agent_http_t *) r;

    if (len > h->json_max - h->json.len) {
        agent_buffer_free(&h->json);

        agent_http_error(r, 413, agent_request_large(r), NULL,
                         "request body larger than %zu bytes",
                         h->json_max);
        return;
    }

    if (agent_memory_collect(len) == -1) {
        agent_buffer_free(&h->json);

        agent_http_error(r, 429, "LIMIT_REACHED",
                         json_pack("{s:s, s:I}", "limit", "bytes of requests",
                                   "max", (json_int_t)
                                   agent_memory_collect_max()),
                         "the bodies and outputs of requests in progress "
                         "exceed %zu bytes; wait until some have ended",
                         agent_memory_collect_max());
        return;
    }

    h->collected += len;

    agent_buffer_add(&h->json, buf, len);

    if (h->json.failed) {
        agent_buffer_free(&h->json);

        agent_http_error(r, 500, "INTERNAL_ERROR", NULL,
                         "out of memory for the request body");
    }
}


static void
agent_request_json_complete(agent_request_t *r)
{
    json_t        *body;
    size_t         len;
    agent_http_t  *h;
    json_error_t   error;

    h = (agent_http_t *) r;

    len = h->json.len;

    if (len == 0) {
        body = json_object();

    } else {
        body = json_loadb(h->json.data, len, JSON_ALLOW_NUL, &error);
    }

    agent_buffer_free(&h->json);

    if (body == NULL) {
        agent_http_error(r, 400, agent_request_invalid(r), NULL,
                         "the request body is not valid JSON: %s at byte %d",
                         len ? error.text : "out of memory",
                         len ? error.position : 0);
        return;
    }

    if (!json_is_object(body)) {
        json_decref(body);
        agent_http_error(r, 400, agent_request_invalid(r), NULL,
                         "the request body is not a JSON object");
        return;
    }

    h->json_handler(r, body);

    json_decref(body);
}
