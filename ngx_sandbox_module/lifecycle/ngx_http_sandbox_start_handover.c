
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent.h"
#include "agent/ac_agent_recv.h"
#include "agent/ac_agent_send.h"
#include "agent/ac_agent_socket.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_port.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_connection.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_options.h"
#include "sandbox/ngx_http_sandbox_port_commands.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lifecycle/ngx_http_sandbox_start_handover.h"

#include <cjson/cJSON.h>


/*
 * Socket activation (docs/wire.md): as the engine has replied 204, no process
 * of an earlier start can see the sockets.  They are bound now, boot.sock
 * last, and passed to the first peer that connects to it and is PID 1 of its
 * namespace.
 */


/* interval of checks whether the container is still running */
#define NGX_HTTP_SANDBOX_HANDOVER_CHECK    1000


static ngx_int_t ngx_http_sandbox_handover_bind(ngx_http_sandbox_start_t *start,
    const char *dir);
static ngx_int_t ngx_http_sandbox_handover_add(ngx_http_sandbox_start_t *start,
    const char *dir, const char *name, int type);
static ngx_connection_t *ngx_http_sandbox_handover_connection(int fd,
    ngx_http_sandbox_start_t *start, ngx_event_handler_pt handler);
static void ngx_http_sandbox_handover_accept_handler(ngx_event_t *rev);
static void ngx_http_sandbox_handover_send(ngx_http_sandbox_start_t *start);
static void ngx_http_sandbox_handover_read_handler(ngx_event_t *rev);
static void ngx_http_sandbox_handover_empty_handler(ngx_event_t *ev);
static void ngx_http_sandbox_handover_check(ngx_http_sandbox_start_t *start);
static void ngx_http_sandbox_handover_check_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_handover_close_fds(
    ngx_http_sandbox_start_t *start);
static void ngx_http_sandbox_handover_failure(
    ngx_http_sandbox_start_t *start, const char *fmt, ...);


ngx_int_t
ngx_http_sandbox_start_handover(ngx_http_sandbox_start_t *start)
{
    int   fd;
    char  dir[128];

    (void) sandbox_store_run_path(ngx_http_sandbox_worker->store, start->run,
                                  dir, sizeof(dir));

    if (ngx_http_sandbox_handover_bind(start, dir) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "cannot bind the sockets of sandbox \"%s\" in \"%s\"",
                      start->node->id, dir);
        goto failed;
    }

    sandbox_fault("wake.bound");

    fd = ac_agent_socket_listen(dir, "boot", SOCK_SEQPACKET);

    if (fd == -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "cannot bind \"%s/boot.sock\"", dir);
        goto failed;
    }

    start->boot = ngx_http_sandbox_handover_connection(fd, start,
                     ngx_http_sandbox_handover_accept_handler);
    if (start->boot == NULL) {
        goto failed;
    }

    sandbox_fault("wake.listening");

    ngx_http_sandbox_start_later(start, ngx_http_sandbox_handover_check,
                                 NGX_HTTP_SANDBOX_HANDOVER_CHECK);
    return NGX_AGAIN;

failed:

    ngx_http_sandbox_handover_failure(start,
                                      "nginx cannot bind the sandbox's "
                                      "sockets. See nginx's error log for the "
                                      "cause.");
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_sandbox_handover_bind(ngx_http_sandbox_start_t *start, const char *dir)
{
    ssize_t            n, i;
    char               name[8];
    static uint16_t    ports[NGX_HTTP_SANDBOX_PORTS_MAX];

    n = sandbox_store_port_list(ngx_http_sandbox_worker->store,
                                (char *) start->node->id, ports,
                                NGX_HTTP_SANDBOX_PORTS_MAX);
    if (n == -1) {
        return NGX_ERROR;
    }

    start->fds = ngx_alloc((n + 2) * sizeof(int), ngx_cycle->log);
    start->names = ngx_alloc((n + 2) * sizeof(start->names[0]), ngx_cycle->log);

    if (start->fds == NULL || start->names == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_sandbox_handover_add(start, dir, "agent", SOCK_STREAM)
        != NGX_OK
        || ngx_http_sandbox_handover_add(start, dir, "control", SOCK_SEQPACKET)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        (void) ngx_sprintf((u_char *) name, "%ui%Z", (ngx_uint_t) ports[i]);

        if (ngx_http_sandbox_handover_add(start, dir, name, SOCK_STREAM)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_handover_add(ngx_http_sandbox_start_t *start, const char *dir,
    const char *name, int type)
{
    int  fd;

    fd = ac_agent_socket_listen(dir, name, type);

    if (fd == -1) {
        return NGX_ERROR;
    }

    start->fds[start->nfds] = fd;
    (void) ngx_cpystrn((u_char *) start->names[start->nfds], (u_char *) name,
                       sizeof(start->names[0]));
    start->nfds++;

    return NGX_OK;
}


static ngx_connection_t *
ngx_http_sandbox_handover_connection(int fd, ngx_http_sandbox_start_t *start,
    ngx_event_handler_pt handler)
{
    ngx_connection_t  *c;

    c = ngx_http_sandbox_connection(fd, start, handler,
                                    ngx_http_sandbox_handover_empty_handler,
                                    ngx_cycle->log);
    if (c == NULL) {
        (void) ngx_close_socket(fd);
        return NULL;
    }

    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK) {
        ngx_close_connection(c);
        return NULL;
    }

    return c;
}


static void
ngx_http_sandbox_handover_accept_handler(ngx_event_t *rev)
{
    int                        fd, init;
    ngx_connection_t          *c;
    ngx_http_sandbox_start_t  *start;

    c = rev->data;
    start = c->data;

    /* accept one at a time: level-triggered events report the rest */

    fd = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK|SOCK_CLOEXEC);

    if (fd == -1) {
        if (ngx_socket_errno != NGX_EAGAIN
            && ngx_socket_errno != NGX_ECONNABORTED)
        {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_socket_errno,
                          "accept() on boot.sock of sandbox \"%s\" failed",
                          start->node->id);
        }

        return;
    }

    init = ac_agent_socket_peer_is_init(fd);

    if (init == 0) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "sandbox \"%s\": boot.sock connection rejected, peer is "
                      "not the agent (PID 1)", start->node->id);
        (void) ngx_close_socket(fd);
        return;
    }

    start->peer = ngx_http_sandbox_handover_connection(fd, start,
                     ngx_http_sandbox_handover_read_handler);
    if (start->peer == NULL) {
        return;
    }

    sandbox_fault("wake.peer");

    ngx_http_sandbox_handover_send(start);
}


static void
ngx_http_sandbox_handover_send(ngx_http_sandbox_start_t *start)
{
    char                                dir[128], path[160], suffix[256], *env;
    size_t                              i, n;
    uint16_t                            ports[NGX_HTTP_SANDBOX_PORTS_MAX];
    ngx_int_t                           rc;
    const char                        **names;
    ac_boot_t                           boot;
    sandbox_policy_t                   *policies;
    sandbox_spec_t                     *spec;
    ngx_http_sandbox_preview_domain_t  *preview;
    ngx_http_sandbox_main_conf_t       *smcf;

    smcf = ngx_http_sandbox_worker->conf;
    spec = &start->node->spec;

    ngx_memzero(&boot, sizeof(ac_boot_t));

    boot.id = (char *) start->node->id;
    boot.user = start->container.user;
    env = ngx_http_sandbox_options_env(start->class, spec);

    boot.env = env;
    start->stamp = spec->stamp;
    boot.keep_alive = (spec->keep_alive == 1);
    boot.generation = spec->generation;
    boot.sleep_after_ms = (spec->sleep_after_ms >= 0)
                          ? (uint64_t) spec->sleep_after_ms
                          : start->class->sleep_after;

    boot.nofile = start->class->nofile;
    boot.prewarm = (char *) start->class->prewarm.data;

    if (smcf->previews.nelts) {
        preview = smcf->previews.elts;
        (void) ngx_snprintf((u_char *) suffix, sizeof(suffix), ".%V%Z",
                            &preview->host);
        boot.preview_suffix = suffix;
    }

    policies = NULL;

    names = ngx_alloc(start->nfds * sizeof(char *), ngx_cycle->log);
    if (names == NULL) {
        goto failed;
    }

    n = 0;

    for (i = 0; i < start->nfds; i++) {
        names[i] = start->names[i];

        if (names[i][0] <= '9') {
            ports[n++] = (uint16_t) ngx_atoi((u_char *) names[i],
                                             ngx_strlen(names[i]));
        }
    }

    /* later changes of policies find the sockets and are sent to the agent */

    rc = ngx_http_sandbox_port_commands(start->node, ports, n, &policies,
                                   &boot.commands);
    if (rc == NGX_ERROR) {
        ngx_free(names);
        goto failed;
    }

    boot.ncommands = rc;

    rc = ac_agent_send_boot(start->peer->fd, &boot, names, start->fds,
                            start->nfds);

    sandbox_fault("wake.sent");

    ngx_free(names);
    ngx_free(policies);
    ngx_free(boot.commands);

    if (rc == -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_socket_errno,
                      "cannot pass the sockets to the agent of sandbox \"%s\"",
                      start->node->id);
        goto failed;
    }

    cJSON_free(env);

    /* from here on, only the agent has the sockets */

    ngx_http_sandbox_handover_close_fds(start);

    (void) sandbox_store_run_path(ngx_http_sandbox_worker->store, start->run,
                                  dir, sizeof(dir));
    (void) ngx_snprintf((u_char *) path, sizeof(path), "%s/boot.sock%Z", dir);
    (void) unlink(path);

    ngx_close_connection(start->boot);
    start->boot = NULL;

    sandbox_fault("wake.handed");

    return;

failed:

    cJSON_free(env);

    ngx_http_sandbox_handover_failure(start,
                                      "nginx cannot pass the sockets to the "
                                      "sandbox's agent. See nginx's error log "
                                      "for the cause.");
    ngx_http_sandbox_start_result(start, NGX_ERROR);
}


static void
ngx_http_sandbox_handover_read_handler(ngx_event_t *rev)
{
    int                        rc;
    ngx_connection_t          *c;
    ngx_http_sandbox_start_t  *start;
    static ac_agent_event_t    event;

    c = rev->data;
    start = c->data;

    rc = ac_agent_recv(c->fd, &event);

    if (rc == -1 && ngx_socket_errno == NGX_EAGAIN) {
        return;
    }

    if (rc == 1 && event.type == AC_AGENT_BOOTED) {

        if (event.v != AC_AGENT_VERSION) {
            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          "the agent of sandbox \"%s\" uses boot protocol "
                          "version %d",
                          start->node->id, event.v);
        }

        ngx_http_sandbox_start_result(start, NGX_OK);
        return;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "the agent of sandbox \"%s\" %s", start->node->id,
                  (rc == 0) ? "exited before it was ready"
                            : "violated the boot protocol");

    ngx_http_sandbox_handover_failure(start,
                                      "The sandbox's agent %s. Try again; see "
                                      "nginx's error log for details.",
                                      (rc == 0) ? "exited before it was ready"
                                                : "violated the boot protocol");
    ngx_http_sandbox_start_result(start, NGX_ERROR);
}


static void
ngx_http_sandbox_handover_empty_handler(ngx_event_t *ev)
{
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, ev->log, 0, "sandbox boot write event");
}


static void
ngx_http_sandbox_handover_check(ngx_http_sandbox_start_t *start)
{
    ngx_http_sandbox_worker_t  *w;

    /* detect an agent that cannot be executed */

    w = ngx_http_sandbox_worker;

    ngx_http_sandbox_engine_call(AC_LANE_OTHERS, start->node->spec.owner, 0);

    start->call = ac_docker_inspect(w->docker, w->endpoint,
                                   (char *) start->name,
                                   w->conf->engine_timeout,
                                   ngx_http_sandbox_handover_check_handler,
                                   start);
    if (start->call == NULL) {
        ngx_http_sandbox_start_later(start, ngx_http_sandbox_handover_check,
                                     NGX_HTTP_SANDBOX_HANDOVER_CHECK);
    }
}


static void
ngx_http_sandbox_handover_check_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *start = data;

    const ac_container_t  *c;

    start->call = NULL;

    if (reply->error == AC_OK && reply->status == NGX_HTTP_OK
        && reply->ncontainers == 1)
    {
        c = &reply->containers[0];

        if (c->state == AC_CONTAINER_PAUSED) {
            ngx_http_sandbox_engine_paused(start->node, &start->failure);
            ngx_http_sandbox_start_result(start, NGX_ERROR);
            return;
        }

        if (c->state == AC_CONTAINER_EXITED || c->state == AC_CONTAINER_DEAD) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "container of sandbox \"%s\" exited with code %d "
                          "before its agent was ready%s", start->node->id,
                          c->exit_code, c->oom_killed ? ", out of memory" : "");

            start->start_sent = 0;

            ngx_http_sandbox_handover_failure(start,
                                              "The sandbox's container exited "
                                              "with code %d before its agent "
                                              "was ready%s.",
                                              c->exit_code,
                                              c->oom_killed ? ", out of memory"
                                                            : "");
            ngx_http_sandbox_start_result(start, NGX_ERROR);
            return;
        }
    }

    ngx_http_sandbox_start_later(start, ngx_http_sandbox_handover_check,
                                 NGX_HTTP_SANDBOX_HANDOVER_CHECK);
}


void
ngx_http_sandbox_start_handover_close(ngx_http_sandbox_start_t *start)
{
    if (start->boot) {
        ngx_close_connection(start->boot);
        start->boot = NULL;
    }

    if (start->peer) {
        ngx_close_connection(start->peer);
        start->peer = NULL;
    }

    ngx_http_sandbox_handover_close_fds(start);

    if (start->fds) {
        ngx_free(start->fds);
    }

    if (start->names) {
        ngx_free(start->names);
    }
}


static void
ngx_http_sandbox_handover_close_fds(ngx_http_sandbox_start_t *start)
{
    size_t  i;

    for (i = 0; i < start->nfds; i++) {
        (void) ngx_close_socket(start->fds[i]);
    }

    start->nfds = 0;
}


static void
ngx_http_sandbox_handover_failure(ngx_http_sandbox_start_t *start,
    const char *fmt, ...)
{
    u_char                      *p;
    va_list                      args;
    ngx_http_sandbox_failure_t  *failure;

    failure = &start->failure;

    ngx_http_sandbox_error_set(failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                               "CONTAINER_UNAVAILABLE", "");
    failure->retry_after = 5;

    va_start(args, fmt);
    p = ngx_vslprintf(failure->message,
                      failure->message + sizeof(failure->message) - 1, fmt,
                      args);
    va_end(args);

    *p = '\0';
}
