
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "docker/ac_docker_json.h"
#include "docker/ac_docker_reply.h"


static void ac_docker_reply_refused(ac_reply_t *reply, ac_docker_kind_e kind,
    const ac_http_result_t *res);
static void ac_docker_reply_body(ac_docker_reply_t *rep,
    ac_docker_kind_e kind, const ac_http_result_t *res);


void
ac_docker_reply_read(ac_docker_reply_t *rep, ac_docker_kind_e kind,
    const ac_http_result_t *res)
{
    char  message[64];

    memset(rep, 0, sizeof(ac_docker_reply_t));

    if (res->status >= 400) {
        ac_docker_reply_refused(&rep->reply, kind, res);

    } else if (res->status == 304
               || (res->status >= 200 && res->status < 300))
    {
        rep->reply.status = res->status;

        if (kind != AC_DOCKER_ACTION && kind != AC_DOCKER_EVENTS) {
            ac_docker_reply_body(rep, kind, res);
        }

    } else {
        (void) snprintf(message, sizeof(message),
                        "the engine answered %d, which is not of its API",
                        res->status);
        ac_docker_reply_error(&rep->reply, AC_MALFORMED, message);
    }
}


void
ac_docker_reply_free(ac_docker_reply_t *rep)
{
    free(rep->list);
}


static void
ac_docker_reply_refused(ac_reply_t *reply, ac_docker_kind_e kind,
    const ac_http_result_t *res)
{
    reply->status = res->status;

    ac_docker_json_message(res->body, res->len, reply->message,
                           sizeof(reply->message));

    if (reply->message[0] == '\0') {
        (void) snprintf(reply->message, sizeof(reply->message),
                        "the engine answered %d", res->status);
        return;
    }

    /* Podman answers 500 if the name is taken */

    if (kind == AC_DOCKER_CREATE && res->status == 500
        && strstr(reply->message, "container name")
        && strstr(reply->message, "is already in use"))
    {
        reply->status = 409;
    }
}


static void
ac_docker_reply_body(ac_docker_reply_t *rep, ac_docker_kind_e kind,
    const ac_http_result_t *res)
{
    ac_reply_t  *reply;
    ac_error_e   error;

    reply = &rep->reply;

    if (strstr(res->content_type, "json") == NULL) {
        ac_docker_reply_error(reply, AC_MALFORMED, "the response is not JSON");
        return;
    }

    switch (kind) {

    case AC_DOCKER_INFO:
        error = ac_docker_json_info(res->body, res->len, &rep->info);
        reply->info = &rep->info;
        break;

    case AC_DOCKER_IMAGE:
        error = ac_docker_json_image(res->body, res->len, &rep->image);
        reply->image = &rep->image;
        break;

    case AC_DOCKER_LIST:
        error = ac_docker_json_listed(res->body, res->len, &rep->list,
                                      &reply->ncontainers);
        reply->containers = rep->list;
        break;

    case AC_DOCKER_CREATE:
        error = ac_docker_json_created(res->body, res->len, &rep->container);
        reply->containers = &rep->container;
        reply->ncontainers = 1;
        break;

    default: /* AC_DOCKER_INSPECT */
        error = ac_docker_json_inspected(res->body, res->len,
                                         &rep->container);
        reply->containers = &rep->container;
        reply->ncontainers = 1;
        break;
    }

    if (error) {
        ac_docker_reply_error(reply, error, error == AC_MALFORMED
                              ? "the response does not conform to the API"
                              : ac_error_text(error));
    }
}


void
ac_docker_reply_error(ac_reply_t *reply, ac_error_e error,
    const char *message)
{
    memset(reply, 0, sizeof(ac_reply_t));

    reply->error = error;
    (void) snprintf(reply->message, sizeof(reply->message), "%s", message);
}
