
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "docker/ac_docker_call.h"
#include "docker/ac_docker_json.h"


static char *ac_docker_path(const char *prefix, const char *name,
    const char *plain, const char *suffix);
static char *ac_docker_filtered(const char *prefix, const char *instance,
    int events);
static ac_call_t *ac_docker_action(ac_docker_t *d, ac_endpoint_t *ep,
    const char *method, const char *prefix, const char *name,
    const char *suffix, unsigned ms, ac_reply_pt handler, void *data);


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
    d->ending = 1;

    while (d->calls) {
        ac_call_cancel(d->calls);
    }

    if (d->health) {
        ac_health_destroy(d->health);
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
    return ac_call_create(d, ep, AC_CALL_PING, "GET", strdup("/_ping"), ms,
                          handler, data);
}


ac_call_t *
ac_docker_info(ac_docker_t *d, ac_endpoint_t *ep, unsigned ms,
    ac_reply_pt handler, void *data)
{
    return ac_call_create(d, ep, AC_CALL_INFO, "GET", strdup("/info"), ms,
                          handler, data);
}


ac_call_t *
ac_docker_image(ac_docker_t *d, ac_endpoint_t *ep, const char *image,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_call_create(d, ep, AC_CALL_IMAGE, "GET",
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

    call = ac_call_create(d, ep, AC_CALL_CREATE, "POST",
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
    return ac_call_create(d, ep, AC_CALL_INSPECT, "GET",
                          ac_docker_path("/containers/", name, "", "/json"),
                          ms, handler, data);
}


ac_call_t *
ac_docker_list(ac_docker_t *d, ac_endpoint_t *ep, const char *instance,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_call_create(d, ep, AC_CALL_LIST, "GET",
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

    call = ac_call_create(d, ep, AC_CALL_EVENTS, "GET",
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
    return ac_call_create(d, ep, AC_CALL_ACTION, method,
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
