
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_firewall.h"
#include "lib/sandbox_mask_path.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_engine_info.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "lifecycle/ngx_http_sandbox_engine.h"


/* engine failures: errors for clients, and the log */


#define NGX_HTTP_SANDBOX_ENGINE_RETRY  5          /* s */
#define NGX_HTTP_SANDBOX_DISK_RETRY     30
#define NGX_HTTP_SANDBOX_MEMORY_RETRY   10
#define NGX_HTTP_SANDBOX_PAUSED_RETRY   30


static void ngx_http_sandbox_engine_gauge(void *data, int waiting,
    int running);
static void ngx_http_sandbox_engine_health(void *data, int away,
    const char *message);
static ngx_uint_t ngx_http_sandbox_engine_says(const char *message,
    const char **words);


/* messages of the kernel and the engine, as part of a sentence */

static const char  *ngx_http_sandbox_disk_words[] = {
    "no space left on device",
    "disk quota exceeded",
    NULL
};

static const char  *ngx_http_sandbox_memory_words[] = {
    "cannot allocate memory",
    "not enough memory",
    "out of memory",
    NULL
};


static ngx_msec_t  ngx_http_sandbox_engine_since;
static void      (*ngx_http_sandbox_engine_back)(void);


ngx_int_t
ngx_http_sandbox_engine_init(void (*back)(void))
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    ngx_http_sandbox_engine_back = back;

    ac_docker_limit(w->docker, (unsigned) w->conf->engine_calls,
                    (unsigned) w->conf->engine_queue);
    ac_docker_gauge(w->docker, ngx_http_sandbox_engine_gauge, w);

    return ac_docker_monitor(w->docker, w->endpoint,
                             ngx_http_sandbox_engine_health, w)
           == 0 ? NGX_OK : NGX_ERROR;
}


void
ngx_http_sandbox_engine_done(void)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    if (ac_docker_away(w->docker)) {
        (void) ngx_atomic_fetch_add(&w->conf->counters->engine_away, -1);
    }
}


static void
ngx_http_sandbox_engine_gauge(void *data, int waiting, int running)
{
    ngx_http_sandbox_worker_t *w = data;

    if (waiting) {
        (void) ngx_atomic_fetch_add(&w->conf->counters->calls_waiting,
                                    waiting);
    }

    if (running) {
        (void) ngx_atomic_fetch_add(&w->conf->counters->calls_running,
                                    running);
    }
}


static void
ngx_http_sandbox_engine_health(void *data, int away, const char *message)
{
    ngx_http_sandbox_worker_t *w = data;

    (void) ngx_atomic_fetch_add(&w->conf->counters->engine_away,
                                away ? 1 : -1);

    if (away) {
        ngx_http_sandbox_engine_since = ngx_current_msec;

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "container engine \"%V\" is unavailable: %s",
                      &w->conf->engine,
                      message);
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "container engine \"%V\" is available again after %M ms",
                  &w->conf->engine,
                  ngx_current_msec - ngx_http_sandbox_engine_since);

    ngx_http_sandbox_engine_info_forget();
    ngx_http_sandbox_engine_back();
}


void
ngx_http_sandbox_engine_failed(ngx_http_sandbox_node_t *node,
    const char *what, const ac_reply_t *reply,
    ngx_http_sandbox_failure_t *failure)
{
    char                           public[NGX_HTTP_SANDBOX_ENGINE_TEXT];
    const char                    *message;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_sandbox_worker->conf;

    ngx_http_sandbox_count(smcf, engine_errors);

    message = reply ? ngx_http_sandbox_engine_text(reply) : "out of memory";

    if (reply && reply->status) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "sandbox \"%s\": container engine \"%V\" failed to %s: "
                      "%d %s", node->id, &smcf->engine, what, reply->status,
                      message);

    } else {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "sandbox \"%s\": container engine \"%V\" failed to %s: "
                      "%s", node->id, &smcf->engine, what, message);
    }

    if (reply) {
        ngx_http_sandbox_engine_public_text(public, reply);
        message = public;
    }

    if (reply && reply->error == AC_OK
        && ngx_http_sandbox_engine_says(message, ngx_http_sandbox_disk_words))
    {
        ngx_http_sandbox_error_set(failure, NGX_HTTP_INSUFFICIENT_STORAGE,
                                   "no_space",
                                   "The container engine's disk is full: it "
                                   "could not %s: %s. Contact the "
                                   "administrator.",
                                   what, message);
        failure->retry_after = NGX_HTTP_SANDBOX_DISK_RETRY;

    } else if (reply && reply->error == AC_OK
               && ngx_http_sandbox_engine_says(message,
                                              ngx_http_sandbox_memory_words))
    {
        ngx_http_sandbox_error_set(failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "capacity_exceeded",
                                   "The container engine's host is out of "
                                   "memory: it could not %s: %s. Try again "
                                   "when fewer sandboxes are running.",
                                   what, message);
        failure->retry_after = NGX_HTTP_SANDBOX_MEMORY_RETRY;

    } else if (reply && reply->error == AC_UNSUPPORTED) {
        ngx_http_sandbox_error_set(failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "INTERNAL_ERROR",
                                   "The container engine cannot be used: %s.",
                                   message);

    } else if (reply && reply->error == AC_BUSY) {
        ngx_http_sandbox_error_set(failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "CONTAINER_UNAVAILABLE",
                                   "The container engine is overloaded: %s. "
                                   "Try again later.", message);
        failure->retry_after = NGX_HTTP_SANDBOX_ENGINE_RETRY;

    } else if (reply && reply->error == AC_OK && reply->status < 500) {

        /* a permanent error: the engine would refuse again */

        ngx_http_sandbox_error_set(failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "INTERNAL_ERROR",
                                   "The container engine refused to %s: %s",
                                   what, message);

    } else {
        ngx_http_sandbox_error_set(failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "CONTAINER_UNAVAILABLE",
                                   "The container engine failed to %s: %s. "
                                   "Try again later.", what, message);
        failure->retry_after = NGX_HTTP_SANDBOX_ENGINE_RETRY;
    }
}


static ngx_uint_t
ngx_http_sandbox_engine_says(const char *message, const char **words)
{
    for ( /* void */ ; *words; words++) {

        if (ngx_strcasestrn((u_char *) message, (char *) *words,
                            ngx_strlen(*words) - 1))
        {
            return 1;
        }
    }

    return 0;
}


const char *
ngx_http_sandbox_engine_network(ngx_http_sandbox_class_t *class)
{
    return (class->network.len == 8) ? SANDBOX_FIREWALL_NETWORK : "none";
}


ngx_uint_t
ngx_http_sandbox_engine_network_missing(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_class_t *class, const ac_reply_t *reply,
    ngx_http_sandbox_failure_t *failure)
{
    /* create and start also return 404 for a missing image or container */

    if (reply->error != AC_OK
        || reply->status != NGX_HTTP_NOT_FOUND
        || class->network.len != 8
        || ngx_strstr(reply->message, "network ") == NULL
        || ngx_strstr(reply->message, "not found") == NULL)
    {
        return 0;
    }

    ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, engine_errors);

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "sandbox \"%s\": container engine has no network \""
                  SANDBOX_FIREWALL_NETWORK "\": %s", node->id,
                  reply->message);

    ngx_http_sandbox_error_set(failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                               "INTERNAL_ERROR",
                               "The container engine has no network \""
                               SANDBOX_FIREWALL_NETWORK "\", which class "
                               "\"%V\" of this sandbox requires: run \""
                               SANDBOX_FIREWALL_COMMAND "\" on the host, then "
                               "try again.", &class->name);
    return 1;
}


void
ngx_http_sandbox_engine_call(ac_lane_e lane, const char *owner,
    ngx_uint_t first)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    ngx_http_sandbox_count(w->conf, engine_calls);

    ac_docker_turn(w->docker, lane,
                   ngx_crc32_short((u_char *) owner, ngx_strlen(owner)),
                   first);
}


void
ngx_http_sandbox_engine_paused(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_failure_t *failure)
{
    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                  "the container of sandbox \"%s\" is paused", node->id);

    ngx_http_sandbox_instances_pause(node->spec.run, 1);

    ngx_http_sandbox_error_set(failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                               "CONTAINER_UNAVAILABLE",
                               "The sandbox is paused: the administrator has "
                               "paused its container. Try again when it has "
                               "been unpaused, or destroy the sandbox.");
    failure->retry_after = NGX_HTTP_SANDBOX_PAUSED_RETRY;
}


const char *
ngx_http_sandbox_engine_text(const ac_reply_t *reply)
{
    return reply->message[0] ? reply->message : ac_error_text(reply->error);
}


void
ngx_http_sandbox_engine_public_text(char text[NGX_HTTP_SANDBOX_ENGINE_TEXT],
    const ac_reply_t *reply)
{
    (void) ngx_cpystrn((u_char *) text,
                       (u_char *) ngx_http_sandbox_engine_text(reply),
                       NGX_HTTP_SANDBOX_ENGINE_TEXT);

    sandbox_mask_path(text);
}
