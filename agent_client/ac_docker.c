
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ac_dns.h"
#include "ac_docker.h"
#include "ac_docker_json.h"
#include "ac_endpoint.h"
#include "ac_http.h"
#include "ac_text.h"


#define AC_DOCKER_MAX_API     0x012f           /* 1.47 */

#define AC_DOCKER_BODY_MAX    1048576
#define AC_DOCKER_LIST_MAX    (8 * 1048576)
#define AC_DOCKER_PING_MAX    4096
#define AC_DOCKER_STREAM_MAX  (4 * 1048576)
#define AC_DOCKER_LINE_MAX    65536


typedef enum {
    AC_CALL_PING = 0,
    AC_CALL_INFO,
    AC_CALL_IMAGE,
    AC_CALL_CREATE,
    AC_CALL_INSPECT,
    AC_CALL_LIST,
    AC_CALL_ACTION,
    AC_CALL_EVENTS
} ac_call_kind_e;


typedef struct ac_agree_s  ac_agree_t;


struct ac_call_s {
    ac_call_t        *next;
    ac_call_t        *wait_next;       /* in agree->waiting */
    ac_docker_t      *docker;
    ac_endpoint_t    *ep;
    ac_agree_t       *agree;
    ac_http_request_t  *http;
    ac_timer_t       *timer;
    ac_call_kind_e    kind;
    const char       *method;
    char             *path;
    char             *body;
    unsigned          ms;

    ac_reply_pt       handler;
    ac_event_pt       on_event;
    void             *data;

    ac_error_e        error;           /* posted: told by the timer */
    char              message[512];

    unsigned          busy:1;          /* a handler of its events runs */
    unsigned          cancelled:1;     /* in the meantime */
    unsigned          finished:1;
    unsigned          retried:1;
};


/* what must be known before calls can be sent: addresses, API version */
struct ac_agree_s {
    ac_agree_t       *next;
    ac_docker_t      *docker;
    ac_endpoint_t    *ep;
    ac_call_t        *waiting;
    ac_dns_query_t   *query;
    ac_http_request_t  *http;
};


struct ac_docker_s {
    ac_loop_t        *loop;
    ac_http_t        *http;
    ac_dns_t         *dns;
    ac_call_t        *calls;
    ac_agree_t       *agreements;
};


static char *ac_docker_path(const char *prefix, const char *name,
    const char *plain, const char *suffix);
static char *ac_docker_filtered(const char *prefix, const char *instance,
    int events);
static ac_call_t *ac_docker_action(ac_docker_t *d, ac_endpoint_t *ep,
    const char *method, const char *prefix, const char *name,
    const char *suffix, unsigned ms, ac_reply_pt handler, void *data);
static ac_call_t *ac_docker_call(ac_docker_t *d, ac_endpoint_t *ep,
    ac_call_kind_e kind, const char *method, char *path, unsigned ms,
    ac_reply_pt handler, void *data);

static void ac_call_run(ac_call_t *call);
static void ac_call_send(ac_call_t *call);
static void ac_call_post(ac_call_t *call, ac_error_e error,
    const char *message);
static void ac_call_timer_handler(void *data);
static void ac_call_detach(ac_call_t *call);
static void ac_call_destroy(ac_call_t *call);
static void ac_call_finish(ac_call_t *call, ac_reply_t *reply);
static void ac_call_http_handler(void *data, ac_http_request_t *r);
static int ac_call_stream(ac_call_t *call, ac_http_result_t *res);
static void ac_call_done(ac_call_t *call, ac_http_result_t *res);
static void ac_call_success(ac_call_t *call, ac_http_result_t *res,
    ac_reply_t *reply);
static void ac_call_fail(ac_reply_t *reply, ac_error_e error,
    const char *message);

static void ac_agree_join(ac_call_t *call);
static void ac_agree_leave(ac_call_t *call);
static void ac_agree_resolve(ac_agree_t *agree);
static void ac_agree_ping(ac_agree_t *agree);
static void ac_agree_dns_handler(void *data, const ac_dns_result_t *result);
static void ac_agree_http_handler(void *data, ac_http_request_t *r);
static void ac_agree_end(ac_agree_t *agree, ac_error_e error,
    const char *message);
static void ac_agree_destroy(ac_agree_t *agree);

static ac_http_request_t *ac_docker_send(ac_docker_t *d, ac_endpoint_t *ep,
    const ac_call_t *call, ac_http_pt handler, void *data);
static void ac_docker_lost(ac_endpoint_t *ep, ac_error_e error);
static void ac_docker_explain(const ac_endpoint_t *ep,
    const ac_http_result_t *res, char *dst, size_t size);
static ac_error_e ac_docker_version(const ac_http_result_t *res,
    int *version, char *message, size_t size);


ac_docker_t *
ac_docker_create(ac_loop_t *loop)
{
    ac_docker_t  *d;

    d = calloc(1, sizeof(ac_docker_t));
    if (d == NULL) {
        return NULL;
    }

    d->loop = loop;
    d->http = ac_http_create(loop);
    d->dns = ac_dns_create(loop);

    if (d->http == NULL || d->dns == NULL) {
        ac_docker_destroy(d);
        return NULL;
    }

    return d;
}


void
ac_docker_destroy(ac_docker_t *d)
{
    while (d->calls) {
        ac_call_cancel(d->calls);
    }

    if (d->http) {
        ac_http_destroy(d->http);
    }

    if (d->dns) {
        ac_dns_destroy(d->dns);
    }

    free(d);
}


int
ac_docker_name_servers(ac_docker_t *d, const char *servers)
{
    return ac_dns_servers(d->dns, servers);
}


ac_call_t *
ac_docker_ping(ac_docker_t *d, ac_endpoint_t *ep, unsigned ms,
    ac_reply_pt handler, void *data)
{
    return ac_docker_call(d, ep, AC_CALL_PING, "GET", strdup("/_ping"), ms,
                          handler, data);
}


ac_call_t *
ac_docker_info(ac_docker_t *d, ac_endpoint_t *ep, unsigned ms,
    ac_reply_pt handler, void *data)
{
    return ac_docker_call(d, ep, AC_CALL_INFO, "GET", strdup("/info"), ms,
                          handler, data);
}


ac_call_t *
ac_docker_image(ac_docker_t *d, ac_endpoint_t *ep, const char *image,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_call(d, ep, AC_CALL_IMAGE, "GET",
                          ac_docker_path("/images/", image, "/:@", "/json"),
                          ms, handler, data);
}


ac_call_t *
ac_docker_create_container(ac_docker_t *d, ac_endpoint_t *ep,
    const ac_container_spec_t *spec, unsigned ms, ac_reply_pt handler,
    void *data)
{
    char       *body;
    ac_call_t  *call;

    body = ac_docker_json_spec(spec);
    if (body == NULL) {
        return NULL;
    }

    call = ac_docker_call(d, ep, AC_CALL_CREATE, "POST",
                          ac_docker_path("/containers/create?name=",
                                         spec->name, "", ""),
                          ms, handler, data);
    if (call == NULL) {
        free(body);
        return NULL;
    }

    call->body = body;
    ac_call_run(call);

    return call;
}


ac_call_t *
ac_docker_start(ac_docker_t *d, ac_endpoint_t *ep, const char *name,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_action(d, ep, "POST", "/containers/", name, "/start", ms,
                            handler, data);
}


ac_call_t *
ac_docker_stop(ac_docker_t *d, ac_endpoint_t *ep, const char *name,
    unsigned grace, unsigned ms, ac_reply_pt handler, void *data)
{
    char  suffix[32];

    (void) snprintf(suffix, sizeof(suffix), "/stop?t=%u", grace);

    return ac_docker_action(d, ep, "POST", "/containers/", name, suffix, ms,
                            handler, data);
}


ac_call_t *
ac_docker_kill(ac_docker_t *d, ac_endpoint_t *ep, const char *name,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_action(d, ep, "POST", "/containers/", name, "/kill", ms,
                            handler, data);
}


ac_call_t *
ac_docker_unpause(ac_docker_t *d, ac_endpoint_t *ep, const char *name,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_action(d, ep, "POST", "/containers/", name, "/unpause",
                            ms, handler, data);
}


ac_call_t *
ac_docker_remove(ac_docker_t *d, ac_endpoint_t *ep, const char *name,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_action(d, ep, "DELETE", "/containers/", name,
                            "?force=1&v=1", ms, handler, data);
}


ac_call_t *
ac_docker_inspect(ac_docker_t *d, ac_endpoint_t *ep, const char *name,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_call(d, ep, AC_CALL_INSPECT, "GET",
                          ac_docker_path("/containers/", name, "", "/json"),
                          ms, handler, data);
}


ac_call_t *
ac_docker_list(ac_docker_t *d, ac_endpoint_t *ep, const char *instance,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_call(d, ep, AC_CALL_LIST, "GET",
                          ac_docker_filtered("/containers/json?all=1"
                                             "&filters=",
                                             instance, 0),
                          ms, handler, data);
}


ac_call_t *
ac_docker_events(ac_docker_t *d, ac_endpoint_t *ep, const char *instance,
    ac_event_pt handler, void *data)
{
    ac_call_t  *call;

    call = ac_docker_call(d, ep, AC_CALL_EVENTS, "GET",
                          ac_docker_filtered("/events?filters=", instance,
                                             1),
                          0, NULL, data);

    if (call) {
        call->on_event = handler;
    }

    return call;
}


static ac_call_t *
ac_docker_action(ac_docker_t *d, ac_endpoint_t *ep, const char *method,
    const char *prefix, const char *name, const char *suffix, unsigned ms,
    ac_reply_pt handler, void *data)
{
    return ac_docker_call(d, ep, AC_CALL_ACTION, method,
                          ac_docker_path(prefix, name, "", suffix), ms,
                          handler, data);
}


/* "" for a name that would ask for something else; NULL: out of memory */

static char *
ac_docker_path(const char *prefix, const char *name, const char *plain,
    const char *suffix)
{
    char        *path, *p;
    const char  *s;

    static const char  hex[] = "0123456789ABCDEF";

    if (name[0] == '\0' || name[0] == '/' || strcmp(name, ".") == 0
        || strcmp(name, "..") == 0 || strstr(name, "/../")
        || strncmp(name, "../", 3) == 0)
    {
        return strdup("");
    }

    path = malloc(strlen(prefix) + strlen(name) * 3 + strlen(suffix) + 1);
    if (path == NULL) {
        return NULL;
    }

    p = stpcpy(path, prefix);

    for (s = name; *s; s++) {

        if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z')
            || (*s >= '0' && *s <= '9') || strchr("-._~", *s)
            || strchr(plain, *s))
        {
            *p++ = *s;
            continue;
        }

        *p++ = '%';
        *p++ = hex[(unsigned char) *s >> 4];
        *p++ = hex[(unsigned char) *s & 0xf];
    }

    (void) strcpy(p, suffix);

    return path;
}


static char *
ac_docker_filtered(const char *prefix, const char *instance, int events)
{
    char  *filters, *path;

    filters = ac_docker_json_filters(instance, events);
    if (filters == NULL) {
        return NULL;
    }

    path = ac_docker_path(prefix, filters, "", "");
    free(filters);

    return path;
}


/* takes the path over, also when it fails */

static ac_call_t *
ac_docker_call(ac_docker_t *d, ac_endpoint_t *ep, ac_call_kind_e kind,
    const char *method, char *path, unsigned ms, ac_reply_pt handler,
    void *data)
{
    unsigned    flags;
    ac_call_t  *call;

    call = path ? calloc(1, sizeof(ac_call_t)) : NULL;
    if (call == NULL) {
        free(path);
        return NULL;
    }

    flags = kind == AC_CALL_EVENTS ? AC_BACKGROUND : 0;

    call->timer = d->loop->timer(d->loop, flags, ac_call_timer_handler, call);
    if (call->timer == NULL) {
        free(path);
        free(call);
        return NULL;
    }

    call->docker = d;
    call->ep = ep;
    call->kind = kind;
    call->method = method;
    call->path = path;
    call->ms = ms;
    call->handler = handler;
    call->data = data;

    call->next = d->calls;
    d->calls = call;

    if (kind != AC_CALL_EVENTS) {
        d->loop->start(call->timer, ms);
    }

    /* create has a body to add first */

    if (kind != AC_CALL_CREATE) {
        ac_call_run(call);
    }

    return call;
}


static void
ac_call_run(ac_call_t *call)
{
    if (call->path[0] == '\0') {
        ac_call_post(call, AC_MALFORMED, "the name is not a valid one");
        return;
    }

    if (ac_endpoint_stale(call->ep)
        || (call->kind != AC_CALL_PING && call->ep->version == 0))
    {
        ac_agree_join(call);
        return;
    }

    ac_call_send(call);
}


static void
ac_call_send(ac_call_t *call)
{
    call->http = ac_docker_send(call->docker, call->ep, call,
                                ac_call_http_handler, call);

    if (call->http == NULL) {
        ac_call_post(call, AC_NOMEM, "out of memory");
    }
}


/* the handler is told from the next turn of the loop */

static void
ac_call_post(ac_call_t *call, ac_error_e error, const char *message)
{
    ac_agree_leave(call);

    if (call->http) {
        ac_http_free(call->http);
        call->http = NULL;
    }

    call->error = error;
    ac_text_copy(call->message, sizeof(call->message), message,
                 strlen(message));

    call->docker->loop->start(call->timer, 0);
}


static void
ac_call_timer_handler(void *data)
{
    ac_call_t   *call;
    ac_reply_t   reply;

    call = data;

    memset(&reply, 0, sizeof(ac_reply_t));

    if (call->error) {
        reply.error = call->error;
        (void) strcpy(reply.message, call->message);

    } else {
        ac_docker_lost(call->ep, AC_TIMEDOUT);

        reply.error = AC_TIMEDOUT;
        (void) snprintf(reply.message, sizeof(reply.message),
                        "%.319s: no answer within %u ms", call->ep->name,
                        call->ms);
    }

    ac_call_finish(call, &reply);
}


void
ac_call_cancel(ac_call_t *call)
{
    if (call->finished || call->cancelled) {
        return;
    }

    ac_call_detach(call);

    if (call->busy) {
        call->cancelled = 1;
        return;
    }

    ac_call_destroy(call);
}


static void
ac_call_detach(ac_call_t *call)
{
    ac_call_t  **p;

    for (p = &call->docker->calls; *p != call; p = &(*p)->next) {
        /* void */
    }

    *p = call->next;

    ac_agree_leave(call);

    if (call->http) {
        ac_http_free(call->http);
        call->http = NULL;
    }

    call->docker->loop->free_timer(call->timer);
    call->timer = NULL;
}


static void
ac_call_destroy(ac_call_t *call)
{
    free(call->path);
    free(call->body);
    free(call);
}


static void
ac_call_finish(ac_call_t *call, ac_reply_t *reply)
{
    ac_call_detach(call);

    /* a handler that cancels its own call finds it still there */

    call->finished = 1;

    if (call->kind == AC_CALL_EVENTS) {
        call->on_event(call->data, NULL, reply);

    } else {
        call->handler(call->data, reply);
    }

    ac_call_destroy(call);
}


static void
ac_call_http_handler(void *data, ac_http_request_t *r)
{
    ac_call_t         *call;
    ac_http_result_t  *res;

    call = data;
    res = ac_http_result(r);

    if (call->kind == AC_CALL_EVENTS && res->status == 200
        && res->error != AC_TOO_BIG
        && ac_call_stream(call, res) == -1)
    {
        return;
    }

    if (res->done) {
        ac_call_done(call, res);
    }
}


/* -1: the call is over */

static int
ac_call_stream(ac_call_t *call, ac_http_result_t *res)
{
    char         *p, *end, *line;
    ac_event_t    event;
    ac_reply_t    reply;
    ac_error_e    error;

    memset(&reply, 0, sizeof(ac_reply_t));

    if (strstr(res->content_type, "json") == NULL) {
        ac_call_fail(&reply, AC_MALFORMED, "the events are not JSON");
        goto failed;
    }

    line = res->body;
    end = res->body + res->len;

    while (line < end) {
        p = memchr(line, '\n', (size_t) (end - line));
        if (p == NULL) {
            break;
        }

        error = AC_OK;
        event.action[0] = '\0';

        if (p != line && !(p == line + 1 && *line == '\r')) {
            error = ac_docker_json_event(line, (size_t) (p - line), &event);
        }

        if (error) {
            ac_call_fail(&reply, error, "an event is not what the API "
                         "promises");
            goto failed;
        }

        line = p + 1;

        if (event.action[0] == '\0') {
            continue;
        }

        call->busy = 1;
        call->on_event(call->data, &event, NULL);
        call->busy = 0;

        if (call->cancelled) {
            ac_call_destroy(call);
            return -1;
        }
    }

    if (end - line > AC_DOCKER_LINE_MAX) {
        ac_call_fail(&reply, AC_TOO_BIG, "an event is too long");
        goto failed;
    }

    ac_http_consume(call->http, (size_t) (line - res->body));

    return 0;

failed:

    ac_call_finish(call, &reply);

    return -1;
}


static void
ac_call_done(ac_call_t *call, ac_http_result_t *res)
{
    ac_reply_t  reply;

    memset(&reply, 0, sizeof(ac_reply_t));

    if (res->error) {
        ac_docker_lost(call->ep, res->error);

        reply.error = res->error;
        ac_docker_explain(call->ep, res, reply.message,
                          sizeof(reply.message));

        ac_call_finish(call, &reply);
        return;
    }

    if (res->status >= 400) {
        ac_docker_json_message(res->body, res->len, reply.message,
                               sizeof(reply.message));

        if (res->status == 400 && !call->retried
            && strncmp(reply.message, "client version ", 15) == 0)
        {
            /* the engine was replaced by one of another age */

            call->retried = 1;
            call->ep->version = 0;

            ac_http_free(call->http);
            call->http = NULL;

            ac_call_run(call);
            return;
        }

        if (reply.message[0] == '\0') {
            (void) snprintf(reply.message, sizeof(reply.message),
                            "the engine answered %d", res->status);
        }

        reply.status = res->status;

    } else if (res->status == 304
               || (res->status >= 200 && res->status < 300))
    {
        reply.status = res->status;
        ac_call_success(call, res, &reply);
        return;

    } else {
        reply.error = AC_MALFORMED;
        (void) snprintf(reply.message, sizeof(reply.message),
                        "the engine answered %d, which its API does not know",
                        res->status);
    }

    ac_call_finish(call, &reply);
}


static void
ac_call_success(ac_call_t *call, ac_http_result_t *res, ac_reply_t *reply)
{
    ac_image_t       image;
    ac_error_e       error;
    ac_container_t   one, *list;

    error = AC_OK;
    list = NULL;

    switch (call->kind) {

    case AC_CALL_PING:
        error = ac_docker_version(res, &reply->api_version, reply->message,
                                  sizeof(reply->message));
        if (error) {
            reply->error = error;
            reply->status = 0;
            ac_call_finish(call, reply);
            return;
        }

        call->ep->version = reply->api_version < AC_DOCKER_MAX_API
                            ? reply->api_version : AC_DOCKER_MAX_API;
        /* fall through */

    case AC_CALL_ACTION:
    case AC_CALL_EVENTS:
        ac_call_finish(call, reply);
        return;

    default:
        break;
    }

    if (strstr(res->content_type, "json") == NULL) {
        ac_call_fail(reply, AC_MALFORMED, "the answer is not JSON");
        ac_call_finish(call, reply);
        return;
    }

    switch (call->kind) {

    case AC_CALL_INFO:
        error = ac_docker_json_info(res->body, res->len, &reply->ncpu,
                                    &reply->mem_total);
        break;

    case AC_CALL_IMAGE:
        error = ac_docker_json_image(res->body, res->len, &image);
        reply->image = &image;
        break;

    case AC_CALL_LIST:
        error = ac_docker_json_listed(res->body, res->len, &list,
                                      &reply->ncontainers);
        reply->containers = list;
        break;

    case AC_CALL_CREATE:
        error = ac_docker_json_created(res->body, res->len, &one);
        reply->containers = &one;
        reply->ncontainers = 1;
        break;

    default: /* AC_CALL_INSPECT */
        error = ac_docker_json_inspected(res->body, res->len, &one);
        reply->containers = &one;
        reply->ncontainers = 1;
        break;
    }

    if (error) {
        ac_call_fail(reply, error, error == AC_MALFORMED
                                   ? "the answer is not what the API promises"
                                   : ac_error_text(error));
    }

    ac_call_finish(call, reply);

    free(list);
}


static void
ac_call_fail(ac_reply_t *reply, ac_error_e error, const char *message)
{
    memset(reply, 0, sizeof(ac_reply_t));

    reply->error = error;
    (void) snprintf(reply->message, sizeof(reply->message), "%s", message);
}


static void
ac_agree_join(ac_call_t *call)
{
    ac_agree_t   *agree;
    ac_docker_t  *d;

    d = call->docker;

    for (agree = d->agreements; agree; agree = agree->next) {

        if (agree->ep == call->ep) {
            call->agree = agree;
            call->wait_next = agree->waiting;
            agree->waiting = call;
            return;
        }
    }

    agree = calloc(1, sizeof(ac_agree_t));
    if (agree == NULL) {
        ac_call_post(call, AC_NOMEM, "out of memory");
        return;
    }

    agree->docker = d;
    agree->ep = call->ep;
    agree->waiting = call;

    call->agree = agree;
    call->wait_next = NULL;

    agree->next = d->agreements;
    d->agreements = agree;

    if (ac_endpoint_stale(agree->ep)) {
        ac_agree_resolve(agree);

    } else {
        ac_agree_ping(agree);
    }
}


static void
ac_agree_leave(ac_call_t *call)
{
    ac_call_t   **p;
    ac_agree_t   *agree;

    agree = call->agree;

    if (agree == NULL) {
        return;
    }

    for (p = &agree->waiting; *p != call; p = &(*p)->wait_next) {
        /* void */
    }

    *p = call->wait_next;
    call->agree = NULL;

    if (agree->waiting == NULL) {
        ac_agree_destroy(agree);
    }
}


static void
ac_agree_resolve(ac_agree_t *agree)
{
    agree->query = ac_dns_resolve(agree->docker->dns, agree->ep->host,
                                  ac_agree_dns_handler, agree);

    if (agree->query == NULL) {
        ac_agree_end(agree, AC_NOMEM, "out of memory");
    }
}


static void
ac_agree_dns_handler(void *data, const ac_dns_result_t *result)
{
    ac_agree_t  *agree;

    agree = data;

    agree->query = NULL;

    if (result->error) {
        ac_docker_lost(agree->ep, result->error);
        ac_agree_end(agree, result->error, result->message);
        return;
    }

    if (ac_endpoint_resolved(agree->ep, result) == -1) {
        ac_agree_end(agree, AC_TOO_BIG, "the host has too many addresses");
        return;
    }

    ac_agree_ping(agree);
}


static void
ac_agree_ping(ac_agree_t *agree)
{
    ac_call_t  *call;

    for (call = agree->waiting; call; call = call->wait_next) {

        if (call->kind != AC_CALL_PING) {
            break;
        }
    }

    if (call == NULL || agree->ep->version) {
        ac_agree_end(agree, AC_OK, "");
        return;
    }

    agree->http = ac_docker_send(agree->docker, agree->ep, NULL,
                                 ac_agree_http_handler, agree);

    if (agree->http == NULL) {
        ac_agree_end(agree, AC_NOMEM, "out of memory");
    }
}


static void
ac_agree_http_handler(void *data, ac_http_request_t *r)
{
    int                version;
    char               message[512];
    ac_agree_t        *agree;
    ac_error_e         error;
    ac_http_result_t  *res;

    agree = data;
    res = ac_http_result(r);

    message[0] = '\0';

    if (res->error) {
        error = res->error;
        ac_docker_lost(agree->ep, error);
        ac_docker_explain(agree->ep, res, message, sizeof(message));

    } else if (res->status != 200) {

        /* a 404 of the call itself would mean something else */

        error = AC_MALFORMED;
        (void) snprintf(message, sizeof(message),
                        "the engine answered %d to a ping", res->status);

    } else {
        error = ac_docker_version(res, &version, message, sizeof(message));

        if (error == AC_OK) {
            agree->ep->version = version < AC_DOCKER_MAX_API
                                 ? version : AC_DOCKER_MAX_API;
        }
    }

    ac_agree_end(agree, error, message);
}


/* calls no handler of a user: each call is sent, or tells later */

static void
ac_agree_end(ac_agree_t *agree, ac_error_e error, const char *message)
{
    ac_call_t  *call, *next;

    call = agree->waiting;
    agree->waiting = NULL;

    ac_agree_destroy(agree);

    for ( /* void */ ; call; call = next) {
        next = call->wait_next;
        call->agree = NULL;

        if (error) {
            ac_call_post(call, error, message);

        } else {
            ac_call_send(call);
        }
    }
}


static void
ac_agree_destroy(ac_agree_t *agree)
{
    ac_agree_t  **p;

    for (p = &agree->docker->agreements; *p != agree; p = &(*p)->next) {
        /* void */
    }

    *p = agree->next;

    if (agree->query) {
        ac_dns_cancel(agree->query);
    }

    if (agree->http) {
        ac_http_free(agree->http);
    }

    free(agree);
}


/* call NULL: the ping of an agreement */

static ac_http_request_t *
ac_docker_send(ac_docker_t *d, ac_endpoint_t *ep, const ac_call_t *call,
    ac_http_pt handler, void *data)
{
    char               *url;
    size_t              size;
    ac_http_params_t    params;
    ac_http_request_t  *r;

    size = strlen(ep->base) + (call ? strlen(call->path) : 0) + 32;

    url = malloc(size);
    if (url == NULL) {
        return NULL;
    }

    memset(&params, 0, sizeof(ac_http_params_t));

    params.method = "GET";
    params.body_max = AC_DOCKER_PING_MAX;

    if (call == NULL || call->kind == AC_CALL_PING) {
        (void) snprintf(url, size, "%s/_ping", ep->base);

    } else {
        (void) snprintf(url, size, "%s/v%d.%d%s", ep->base, ep->version >> 8,
                        ep->version & 0xff, call->path);

        params.method = call->method;
        params.body = call->body;
        params.body_max = AC_DOCKER_BODY_MAX;

        if (call->kind == AC_CALL_LIST) {
            params.body_max = AC_DOCKER_LIST_MAX;

        } else if (call->kind == AC_CALL_EVENTS) {
            params.body_max = AC_DOCKER_STREAM_MAX;
            params.stream = 1;
        }
    }

    params.url = url;
    params.unix_path = ep->unix_path;
    params.resolve = ep->resolvable ? ep->resolve : NULL;
    params.connect_ms = ep->connect_ms;
    params.ca = ep->ca;
    params.cert = ep->cert;
    params.key = ep->key;

    r = ac_http_start(d->http, &params, handler, data);

    free(url);

    return r;
}


/* what was learned about an engine may no longer hold */

static void
ac_docker_lost(ac_endpoint_t *ep, ac_error_e error)
{
    if (error == AC_UNREACHABLE) {
        ep->version = 0;
    }

    if (error == AC_UNREACHABLE || error == AC_TIMEDOUT
        || error == AC_BROKEN)
    {
        ep->resolve_until = 0;
    }
}


static void
ac_docker_explain(const ac_endpoint_t *ep, const ac_http_result_t *res,
    char *dst, size_t size)
{
    (void) snprintf(dst, size, "%.240s: %s", ep->name,
                    res->message[0] ? res->message
                                    : ac_error_text(res->error));
}


static ac_error_e
ac_docker_version(const ac_http_result_t *res, int *version, char *message,
    size_t size)
{
    int       n;
    unsigned  major, minor;

    n = 0;

    if (sscanf(res->api_version, "%3u.%3u%n", &major, &minor, &n) != 2
        || res->api_version[n] != '\0' || major > 127 || minor > 255)
    {
        (void) snprintf(message, size, "the engine names no API version");
        return AC_UNSUPPORTED;
    }

    *version = (int) (major << 8 | minor);

    if (*version < AC_DOCKER_MIN_API) {
        (void) snprintf(message, size, "the engine speaks API version "
                        "%u.%u, 1.40 or later is needed", major, minor);
        return AC_UNSUPPORTED;
    }

    return AC_OK;
}


const char *
ac_error_text(ac_error_e error)
{
    switch (error) {

    case AC_OK:
        return "the engine answered";

    case AC_UNREACHABLE:
        return "the engine cannot be reached";

    case AC_TIMEDOUT:
        return "the engine did not answer in time";

    case AC_BROKEN:
        return "the connection to the engine broke";

    case AC_MALFORMED:
        return "the engine's answer makes no sense";

    case AC_TOO_BIG:
        return "the engine's answer is too long";

    case AC_UNSUPPORTED:
        return "the engine is too old";

    case AC_NOMEM:
        return "out of memory";
    }

    return "unknown error";
}
