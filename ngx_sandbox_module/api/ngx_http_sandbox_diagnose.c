
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_recv.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_store_port.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_suspend.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_agent_request.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "sandbox/ngx_http_sandbox_tether_send.h"
#include "lifecycle/ngx_http_sandbox_container.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_state.h"
#include "preview/ngx_http_sandbox_preview_domain.h"
#include "api/ngx_http_sandbox_diagnose.h"
#include "api/ngx_http_sandbox_diagnose_json.h"
#include "api/ngx_http_sandbox_lookup.h"

#include <cjson/cJSON.h>


/*
 * GET .../ports/:port/diagnose: checks the path of a request to the app hop by
 * hop, up to the first failure.  Does not wake the sandbox.
 */


/* timeout of the agent, which waits up to 5 s for the app */
#define NGX_HTTP_SANDBOX_DIAGNOSE_WAIT   10000      /* ms */

#define NGX_HTTP_SANDBOX_DIAGNOSE_PLAIN                                       \
    "If the app speaks plain HTTP, expose its port with \"scheme\": \"http\"."


typedef struct {
    ngx_http_sandbox_agent_request_t
                              agent;
    ngx_http_request_t       *request;
    ngx_http_sandbox_ctx_t   *ctx;
    sandbox_policy_t          policy;

    ngx_http_sandbox_container_t
                             *search;
    double                    began;            /* start of a hop, ms */

    const char               *state;            /* when the request came */
    sandbox_json_writer_t     hops;
    cJSON                    *listening;        /* NULL: unknown */
    cJSON                    *command;
    const char               *advice;
    unsigned                  failed:1;
} ngx_http_sandbox_diagnose_t;


static void ngx_http_sandbox_diagnose_nginx(ngx_http_sandbox_diagnose_t *d);
static ngx_uint_t ngx_http_sandbox_diagnose_wakes(
    ngx_http_sandbox_diagnose_t *d);
static void ngx_http_sandbox_diagnose_engine(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_diagnose_stopped(ngx_http_sandbox_diagnose_t *d,
    const ac_reply_t *reply);
static ngx_int_t ngx_http_sandbox_diagnose_agent(
    ngx_http_sandbox_diagnose_t *d);
static void ngx_http_sandbox_diagnose_port(ngx_http_sandbox_diagnose_t *d,
    cJSON *json);
static void ngx_http_sandbox_diagnose_app(ngx_http_sandbox_diagnose_t *d,
    cJSON *app);
static void ngx_http_sandbox_diagnose_hop(ngx_http_sandbox_diagnose_t *d,
    const char *hop, ngx_uint_t ok, double ms, const char *fmt, ...);
static void ngx_http_sandbox_diagnose_response(
    ngx_http_sandbox_agent_request_t *req, ac_agent_event_t *event);
static ngx_int_t ngx_http_sandbox_diagnose_answer(
    ngx_http_sandbox_diagnose_t *d);
static void ngx_http_sandbox_diagnose_end(ngx_http_sandbox_diagnose_t *d);
static void ngx_http_sandbox_diagnose_cleanup(void *data);
static double ngx_http_sandbox_diagnose_clock(void);


ngx_int_t
ngx_http_sandbox_diagnose_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_pool_cleanup_t           *cln;
    ngx_http_sandbox_ctx_t       *ctx;
    ngx_http_sandbox_diagnose_t  *d;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (!ngx_http_sandbox_lookup_discard(r, ctx, &rc)) {
        return rc;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_sandbox_diagnose_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    d = cln->data;
    ngx_memzero(d, sizeof(ngx_http_sandbox_diagnose_t));

    d->request = r;
    d->ctx = ctx;

    d->agent.handler = ngx_http_sandbox_diagnose_response;
    d->agent.data = d;

    cln->handler = ngx_http_sandbox_diagnose_cleanup;

    d->began = ngx_http_sandbox_diagnose_clock();
    d->state = ngx_http_sandbox_state_text(ctx->node);

    sandbox_json_writer_start_array(&d->hops);

    ngx_http_sandbox_diagnose_nginx(d);

    if (d->failed) {
        return ngx_http_sandbox_diagnose_answer(d);
    }

    d->began = ngx_http_sandbox_diagnose_clock();
    d->search = ngx_http_sandbox_container_find(
                    ctx->node->spec.run, AC_LANE_OTHERS, ctx->node->spec.owner,
                    0, ngx_http_sandbox_worker->conf->engine_timeout,
                    ngx_http_sandbox_diagnose_engine, d);
    if (d->search == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_sandbox_suspend_watch_client(r);

    return NGX_DONE;
}


static void
ngx_http_sandbox_diagnose_nginx(ngx_http_sandbox_diagnose_t *d)
{
    int                             rc;
    double                          ms;
    ngx_http_sandbox_ctx_t         *ctx;
    ngx_http_sandbox_main_conf_t   *smcf;

    ctx = d->ctx;
    smcf = ngx_http_get_module_main_conf(d->request, ngx_http_sandbox_module);

    rc = sandbox_store_port_read(ngx_http_sandbox_worker->store,
                                 (char *) ctx->node->id, ctx->port,
                                 &d->policy);
    ms = ngx_http_sandbox_diagnose_clock() - d->began;

    if (rc == -1) {
        ngx_http_sandbox_diagnose_hop(d, "nginx", 0, ms,
                                      ngx_errno == NGX_ENOENT
                                      ? "The port is not exposed."
                                      : "The port's policy cannot be read.");
        d->advice = "Expose the port: POST /v1/sandbox/:id/ports.";
        return;
    }

    if (ngx_http_sandbox_preview_domain_find(smcf, d->policy.host,
                                             ngx_strlen(d->policy.host))
        == NULL)
    {
        ngx_http_sandbox_diagnose_hop(d, "nginx", 0, ms,
                                      "The preview domain of this port is no "
                                      "longer configured.");
        d->advice = "Expose the port again.";
        return;
    }

    ngx_http_sandbox_diagnose_hop(d, "nginx", 1, ms,
                                  "The port is exposed; a preview request %s.",
                                  ngx_http_sandbox_diagnose_wakes(d)
                                  ? "wakes the sandbox"
                                  : "to a sleeping sandbox is answered with "
                                    "410");
}


/* if not set in the policy, use the value of the enclosing block */

static ngx_uint_t
ngx_http_sandbox_diagnose_wakes(ngx_http_sandbox_diagnose_t *d)
{
    ngx_http_sandbox_loc_conf_t  *slcf;

    if (d->policy.wake) {
        return d->policy.wake == SANDBOX_WAKE_ON;
    }

    slcf = ngx_http_get_module_loc_conf(d->request, ngx_http_sandbox_module);

    return slcf->defaults.wake == SANDBOX_WAKE_ON;
}


static void
ngx_http_sandbox_diagnose_engine(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_diagnose_t *d = data;

    char    text[NGX_HTTP_SANDBOX_ENGINE_TEXT];
    double  ms;

    d->search = NULL;
    ms = ngx_http_sandbox_diagnose_clock() - d->began;

    ngx_http_set_log_request(d->request->connection->log, d->request);

    if (ngx_http_sandbox_node_spec(d->ctx->node) != NGX_OK) {
        ngx_http_sandbox_diagnose_hop(d, "container", 0, ms,
                                      "The sandbox has been destroyed.");
        ngx_http_sandbox_diagnose_end(d);
        return;
    }

    if (reply->error == AC_OK && reply->status == NGX_HTTP_OK
        && reply->ncontainers == 1
        && reply->containers[0].state == AC_CONTAINER_RUNNING)
    {
        ngx_http_sandbox_diagnose_hop(d, "container", 1, ms,
                                      "The container is running.");

    } else if (reply->error == AC_OK
               && (reply->status == NGX_HTTP_OK
                   || reply->status == NGX_HTTP_NOT_FOUND))
    {
        ngx_http_sandbox_diagnose_stopped(d, reply);
        ngx_http_sandbox_diagnose_end(d);
        return;

    } else {

        /* previews work without the engine: continue */

        ngx_http_sandbox_engine_public_text(text, reply);

        ngx_http_sandbox_diagnose_hop(d, "container", 0, ms,
                                      "The container engine did not report "
                                      "the state of the container: %s",
                                      text);
        d->failed = 0;
    }

    if (ngx_http_sandbox_diagnose_agent(d) != NGX_OK) {
        ngx_http_sandbox_diagnose_end(d);
    }
}


static void
ngx_http_sandbox_diagnose_stopped(ngx_http_sandbox_diagnose_t *d,
    const ac_reply_t *reply)
{
    double  ms;

    ms = ngx_http_sandbox_diagnose_clock() - d->began;

    if (reply->status == NGX_HTTP_NOT_FOUND || reply->ncontainers != 1) {
        ngx_http_sandbox_diagnose_hop(d, "container", 0, ms,
                                      "There is no container: the sandbox has "
                                      "not been started yet, or its container "
                                      "was removed.");

    } else if (reply->containers[0].state == AC_CONTAINER_PAUSED) {
        ngx_http_sandbox_diagnose_hop(d, "container", 0, ms,
                                      "The container is paused, by the "
                                      "administrator.");
        d->advice = "Try again when the container has been unpaused.";
        return;

    } else {
        ngx_http_sandbox_diagnose_hop(d, "container", 0, ms,
                                      "The container is not running: %s, exit "
                                      "code %d%s.",
                                      reply->containers[0].state_text,
                                      reply->containers[0].exit_code,
                                      reply->containers[0].oom_killed
                                      ? ", out of memory" : "");
    }

    d->advice = ngx_http_sandbox_diagnose_wakes(d)
                ? "Open the preview, or call the API: both wake the sandbox."
                : "Call the API, which wakes the sandbox, or expose the port "
                  "with \"wake\": true.";
}


static ngx_int_t
ngx_http_sandbox_diagnose_agent(ngx_http_sandbox_diagnose_t *d)
{
    uint32_t                  seq;
    ngx_int_t                 rc;
    ngx_http_sandbox_node_t  *node;

    node = d->ctx->node;

    d->began = ngx_http_sandbox_diagnose_clock();

    rc = ngx_http_sandbox_tether_send_diagnose(node, d->ctx->port,
                               d->policy.scheme == SANDBOX_SCHEME_HTTPS, &seq);

    if (rc != NGX_OK) {
        ngx_http_sandbox_diagnose_hop(d, "agent", 0, 0,
                                      rc == NGX_AGAIN
                                      ? "The sandbox is going to sleep."
                                      : "The agent does not accept "
                                        "connections: it is still starting, "
                                        "or it has exited.");
        d->advice = "Try again in a moment.";
        return NGX_DECLINED;
    }

    ngx_http_sandbox_agent_request(&d->agent, node, seq, AC_AGENT_DIAGNOSIS,
                                   NGX_HTTP_SANDBOX_DIAGNOSE_WAIT);

    return NGX_OK;
}


static void
ngx_http_sandbox_diagnose_response(ngx_http_sandbox_agent_request_t *req,
    ac_agent_event_t *event)
{
    cJSON                        *json;
    ngx_http_sandbox_diagnose_t  *d;

    d = req->data;

    ngx_http_set_log_request(d->request->connection->log, d->request);

    if (event) {
        json = cJSON_Parse(event->text);

        ngx_http_sandbox_diagnose_port(d, json);

        cJSON_Delete(json);

    } else {
        ngx_http_sandbox_diagnose_hop(d, "agent", 0,
                                      ngx_http_sandbox_diagnose_clock()
                                      - d->began,
                                      req->lost ? "The agent closed the "
                                                  "connection."
                                                : "The agent did not respond "
                                                  "in time.");
    }

    ngx_http_sandbox_diagnose_end(d);
}


static void
ngx_http_sandbox_diagnose_port(ngx_http_sandbox_diagnose_t *d, cJSON *json)
{
    char    address[64];
    double  ms;
    cJSON  *app, *took;

    ms = ngx_http_sandbox_diagnose_clock() - d->began;

    app = cJSON_GetObjectItemCaseSensitive(json, "app");

    /* subtract the time of the app from that of the agent */

    cJSON_ArrayForEach(took, app) {
        if (cJSON_IsNumber(took) && ngx_strcmp(took->string, "status") != 0) {
            ms -= took->valuedouble;
        }
    }

    ngx_http_sandbox_diagnose_hop(d, "agent", 1, ms < 0 ? 0 : ms,
                                  "The agent responds.");

    d->listening = ngx_http_sandbox_diagnose_json_listening(
                         cJSON_GetObjectItemCaseSensitive(json, "listening"),
                         d->ctx->port, address, sizeof(address));
    d->command = ngx_http_sandbox_diagnose_json_command(
                            cJSON_GetObjectItemCaseSensitive(json, "command"),
                            d->policy.command);

    if (address[0] == '\0') {
        ngx_http_sandbox_diagnose_hop(d, "port", 0, 0,
                                      "Nothing listens on port %ui.",
                                      (ngx_uint_t) d->ctx->port);
        d->advice = d->policy.command[0]
                    ? "Check the output of the port's command. To run it "
                      "again, expose the port with the same command."
                    : "Start the app on this port, or expose the port on "
                      "which it listens.";
        return;
    }

    ngx_http_sandbox_diagnose_hop(d, "port", 1, 0,
                                  "An app listens on port %ui of %s.",
                                  (ngx_uint_t) d->ctx->port, address);

    ngx_http_sandbox_diagnose_app(d, app);
}


static void
ngx_http_sandbox_diagnose_app(ngx_http_sandbox_diagnose_t *d, cJSON *app)
{
    cJSON        *status, *error, *took;
    double        ms;
    ngx_uint_t    i, code, tls;

    static const struct {
        const char  *error;
        const char  *text;
    } errors[] = {
        { "tls", "The app speaks TLS, but the scheme of its port is http." },
        { "refused", "The app refuses connections." },
        { "timeout", "The app does not accept connections." },
        { "closed", "The app closed the connection without a response." },
        { "silent", "The app did not respond to GET / within 5 seconds." },
        { "invalid", "The response of the app is not valid HTTP." },
        { NULL, "The app was not probed." }
    };

    ms = 0;

    cJSON_ArrayForEach(took, app) {
        if (cJSON_IsNumber(took) && ngx_strcmp(took->string, "status") != 0) {
            ms += took->valuedouble;
        }
    }

    status = cJSON_GetObjectItemCaseSensitive(app, "status");
    error = cJSON_GetObjectItemCaseSensitive(app, "error");

    if (cJSON_IsNumber(status) && status->valuedouble >= 100
        && status->valuedouble <= 599)
    {
        code = (ngx_uint_t) status->valuedouble;

        ngx_http_sandbox_diagnose_hop(d, "app", code < 500, ms,
                                      "The app responded to GET / with status "
                                      "%ui.",
                                      code);
        if (code >= 500) {
            d->advice = "Check the app's output for errors.";
        }

        return;
    }

    tls = (d->policy.scheme == SANDBOX_SCHEME_HTTPS);

    if (tls && cJSON_IsString(error)) {

        if (ngx_strcmp(error->valuestring, "tls") == 0) {
            ngx_http_sandbox_diagnose_hop(d, "app", 1, ms,
                                          "The app answers TLS handshakes.");
            return;
        }

        if (ngx_strcmp(error->valuestring, "closed") == 0
            || ngx_strcmp(error->valuestring, "invalid") == 0)
        {
            ngx_http_sandbox_diagnose_hop(d, "app", 0, ms,
                                          "The app does not speak TLS, but "
                                          "the scheme of its port is https.");
            d->advice = NGX_HTTP_SANDBOX_DIAGNOSE_PLAIN;
            return;
        }

        if (ngx_strcmp(error->valuestring, "silent") == 0) {
            ngx_http_sandbox_diagnose_hop(d, "app", 0, ms,
                                          "The app did not answer a TLS "
                                          "handshake within 5 seconds.");
            d->advice = NGX_HTTP_SANDBOX_DIAGNOSE_PLAIN;
            return;
        }
    }

    for (i = 0; errors[i].error; i++) {
        if (cJSON_IsString(error)
            && ngx_strcmp(error->valuestring, errors[i].error) == 0)
        {
            break;
        }
    }

    ngx_http_sandbox_diagnose_hop(d, "app", 0, ms, "%s", errors[i].text);

    d->advice = i == 0
                ? "Expose the port with \"scheme\": \"https\"."
                : "Check the app: it must accept connections and speak HTTP.";
}


static void
ngx_http_sandbox_diagnose_hop(ngx_http_sandbox_diagnose_t *d,
    const char *hop, ngx_uint_t ok, double ms, const char *fmt, ...)
{
    va_list                      args;
    u_char                      *p;
    ngx_http_sandbox_failure_t   text;

    va_start(args, fmt);
    p = ngx_vslprintf(text.message, text.message + sizeof(text.message) - 1,
                      fmt, args);
    va_end(args);

    *p = '\0';

    if (!ok) {
        d->failed = 1;
    }

    sandbox_json_writer_object(&d->hops, NULL);
    sandbox_json_writer_string(&d->hops, "hop", hop);
    sandbox_json_writer_bool(&d->hops, "ok", ok);
    sandbox_json_writer_number(&d->hops, "ms",
                               (double) (int64_t) (ms * 1000) / 1000);
    sandbox_json_writer_string(&d->hops, "message", (char *) text.message);
    sandbox_json_writer_close(&d->hops);
}


static ngx_int_t
ngx_http_sandbox_diagnose_answer(ngx_http_sandbox_diagnose_t *d)
{
    sandbox_json_writer_t  w;

    sandbox_json_writer_start(&w);
    sandbox_json_writer_number(&w, "port", d->ctx->port);
    sandbox_json_writer_string(&w, "state", d->state);
    sandbox_json_writer_item(&w, "hops", sandbox_json_writer_finish(&d->hops));

    if (d->listening) {
        sandbox_json_writer_item(&w, "listening", d->listening);
        d->listening = NULL;
    }

    if (d->command) {
        sandbox_json_writer_item(&w, "command", d->command);
        d->command = NULL;
    }

    sandbox_json_writer_bool(&w, "ok", !d->failed);

    if (d->advice) {
        sandbox_json_writer_string(&w, "suggestion", d->advice);
    }

    return ngx_http_sandbox_response_json(d->request, NGX_HTTP_OK,
                                          sandbox_json_writer_finish(&w));
}


static void
ngx_http_sandbox_diagnose_end(ngx_http_sandbox_diagnose_t *d)
{
    ngx_http_sandbox_suspend_finish(d->request,
                                    ngx_http_sandbox_diagnose_answer(d));
}


static void
ngx_http_sandbox_diagnose_cleanup(void *data)
{
    ngx_http_sandbox_diagnose_t *d = data;

    ngx_http_sandbox_agent_request_cancel(&d->agent);

    if (d->search) {
        ngx_http_sandbox_container_cancel(d->search);
        d->search = NULL;
    }

    sandbox_json_writer_drop(&d->hops);
    cJSON_Delete(d->listening);
    cJSON_Delete(d->command);
}


static double
ngx_http_sandbox_diagnose_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec * 1000 + (double) ts.tv_nsec / 1000000;
}
