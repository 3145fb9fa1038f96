
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "docker/ac_docker.h"
#include "docker/ac_docker_call.h"
#include "docker/ac_docker_spec.h"


static ac_call_t *ac_docker_action(ac_docker_t *d, ac_endpoint_t *ep,
    const char *method, const char *name, const char *suffix, unsigned ms,
    ac_reply_pt handler, void *data);
static ac_call_t *ac_docker_send(ac_docker_t *d, ac_endpoint_t *ep,
    ac_docker_kind_e kind, const char *method, char *path, unsigned ms,
    ac_reply_pt handler, void *data);
static char *ac_docker_path(const char *prefix, const char *name,
    const char *plain, const char *suffix);
static char *ac_docker_filtered(const char *prefix, const char *key,
    const char *value, int events);


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

    d->version.loop = loop;
    d->version.http = d->http;
    d->version.dns = d->dns;
    d->version.health = &d->health;

    return d;
}


void
ac_docker_destroy(ac_docker_t *d)
{
    d->queue.closed = 1;

    while (d->calls) {
        ac_docker_call_cancel(d->calls);
    }

    ac_docker_probe_done(&d->probe);

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


void
ac_docker_limit(ac_docker_t *d, unsigned calls, unsigned waiting)
{
    d->queue.max = calls;
    d->queue.max_waiting = waiting;
}


void
ac_docker_turn(ac_docker_t *d, ac_lane_e lane, uint32_t owner, int begun)
{
    d->turn.lane = lane;
    d->turn.owner = owner;
    d->turn.begun = begun ? 1 : 0;
}


void
ac_docker_gauge(ac_docker_t *d, ac_gauge_pt handler, void *data)
{
    d->queue.gauge = handler;
    d->queue.data = data;
}


int
ac_docker_monitor(ac_docker_t *d, ac_endpoint_t *ep, ac_health_pt handler,
    void *data)
{
    d->health.loop = d->loop;
    d->health.queue = &d->queue;
    d->health.handler = handler;
    d->health.data = data;

    if (ac_docker_probe_init(&d->probe, &d->health, &d->version) == -1) {
        return -1;
    }

    d->health.ep = ep;

    return 0;
}


int
ac_docker_away(const ac_docker_t *d)
{
    return ac_docker_health_away(&d->health);
}


void
ac_docker_doubt(ac_docker_t *d, ac_endpoint_t *ep)
{
    ac_docker_probe_doubt(&d->probe, ep);
}


void
ac_docker_cancel(ac_call_t *call)
{
    ac_docker_call_cancel(call);
}


int
ac_docker_waits(const ac_call_t *call)
{
    return ac_docker_call_waits(call);
}


ac_call_t *
ac_docker_info(ac_docker_t *d, ac_endpoint_t *ep, unsigned ms,
    ac_reply_pt handler, void *data)
{
    return ac_docker_send(d, ep, AC_DOCKER_INFO, "GET", strdup("/info"), ms,
                          handler, data);
}


ac_call_t *
ac_docker_image(ac_docker_t *d, ac_endpoint_t *ep, const char *image,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_send(d, ep, AC_DOCKER_IMAGE, "GET",
                          ac_docker_path("/images/", image, "/:@", "/json"),
                          ms, handler, data);
}


ac_call_t *
ac_docker_create_container(ac_docker_t *d, ac_endpoint_t *ep,
    const ac_container_spec_t *spec, unsigned ms, ac_reply_pt handler,
    void *data)
{
    ac_docker_params_t  params;

    memset(&params, 0, sizeof(ac_docker_params_t));

    params.body = ac_docker_spec_json(spec);
    if (params.body == NULL) {
        return NULL;
    }

    params.kind = AC_DOCKER_CREATE;
    params.method = "POST";
    params.path = ac_docker_path("/containers/create?name=", spec->name, "",
                                 "");
    params.ms = ms;
    params.handler = handler;
    params.data = data;

    return ac_docker_call_start(d, ep, &params);
}


ac_call_t *
ac_docker_start(ac_docker_t *d, ac_endpoint_t *ep, const char *name,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_action(d, ep, "POST", name, "/start", ms, handler,
                            data);
}


ac_call_t *
ac_docker_stop(ac_docker_t *d, ac_endpoint_t *ep, const char *name,
    unsigned grace, unsigned ms, ac_reply_pt handler, void *data)
{
    char  suffix[32];

    (void) snprintf(suffix, sizeof(suffix), "/stop?t=%u", grace);

    return ac_docker_action(d, ep, "POST", name, suffix, ms, handler,
                            data);
}


ac_call_t *
ac_docker_kill(ac_docker_t *d, ac_endpoint_t *ep, const char *name,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_action(d, ep, "POST", name, "/kill", ms, handler,
                            data);
}


ac_call_t *
ac_docker_remove(ac_docker_t *d, ac_endpoint_t *ep, const char *name,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_action(d, ep, "DELETE", name, "?force=1&v=1", ms,
                            handler, data);
}


ac_call_t *
ac_docker_inspect(ac_docker_t *d, ac_endpoint_t *ep, const char *name,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_send(d, ep, AC_DOCKER_INSPECT, "GET",
                          ac_docker_path("/containers/", name, "", "/json"),
                          ms, handler, data);
}


ac_call_t *
ac_docker_list(ac_docker_t *d, ac_endpoint_t *ep, const char *instance,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_send(d, ep, AC_DOCKER_LIST, "GET",
                          ac_docker_filtered("/containers/json?all=1"
                                             "&filters=",
                                             AC_LABEL_INSTANCE, instance, 0),
                          ms, handler, data);
}


ac_call_t *
ac_docker_list_run(ac_docker_t *d, ac_endpoint_t *ep, const char *run,
    unsigned ms, ac_reply_pt handler, void *data)
{
    return ac_docker_send(d, ep, AC_DOCKER_LIST, "GET",
                          ac_docker_filtered("/containers/json?all=1"
                                             "&filters=",
                                             AC_LABEL_RUN, run, 0),
                          ms, handler, data);
}


ac_call_t *
ac_docker_events(ac_docker_t *d, ac_endpoint_t *ep, const char *instance,
    ac_event_pt handler, void *data)
{
    ac_docker_params_t  params;

    memset(&params, 0, sizeof(ac_docker_params_t));

    params.kind = AC_DOCKER_EVENTS;
    params.method = "GET";
    params.path = ac_docker_filtered("/events?filters=", AC_LABEL_INSTANCE,
                                     instance, 1);
    params.on_event = handler;
    params.data = data;

    return ac_docker_call_start(d, ep, &params);
}


static ac_call_t *
ac_docker_action(ac_docker_t *d, ac_endpoint_t *ep, const char *method,
    const char *name, const char *suffix, unsigned ms, ac_reply_pt handler,
    void *data)
{
    return ac_docker_send(d, ep, AC_DOCKER_ACTION, method,
                          ac_docker_path("/containers/", name, "", suffix),
                          ms, handler, data);
}


static ac_call_t *
ac_docker_send(ac_docker_t *d, ac_endpoint_t *ep, ac_docker_kind_e kind,
    const char *method, char *path, unsigned ms, ac_reply_pt handler,
    void *data)
{
    ac_docker_params_t  params;

    memset(&params, 0, sizeof(ac_docker_params_t));

    params.kind = kind;
    params.method = method;
    params.path = path;
    params.ms = ms;
    params.handler = handler;
    params.data = data;

    return ac_docker_call_start(d, ep, &params);
}


/* "" if the name would alter the path; NULL when out of memory */

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
ac_docker_filtered(const char *prefix, const char *key, const char *value,
    int events)
{
    char  *filters, *path;

    filters = ac_docker_spec_filters(key, value, events);
    if (filters == NULL) {
        return NULL;
    }

    path = ac_docker_path(prefix, filters, "", "");
    free(filters);

    return path;
}
