
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_response.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "module/ngx_http_sandbox_metrics.h"


/*
 * sandbox_status: the counters of all workers in the Prometheus text format.
 * No metric is specific to a sandbox.
 */


typedef struct {
    const char  *name;
    const char  *help;
    const char  *type;
    const char  *label;              /* "" or {name="value"} */
    size_t       offset;
} ngx_http_sandbox_metric_t;


static u_char *ngx_http_sandbox_metrics_text(u_char *p, u_char *last,
    ngx_http_sandbox_counters_t *counters);


#define ngx_http_sandbox_metric(field)                                        \
    offsetof(ngx_http_sandbox_counters_t, field)

#define ngx_http_sandbox_metric_start(n)                                      \
    (offsetof(ngx_http_sandbox_counters_t, starts)                            \
     + (n) * sizeof(ngx_atomic_t))


/* metrics of the same name are adjacent; the first has the help text */

static const ngx_http_sandbox_metric_t  ngx_http_sandbox_metrics[] = {

    { "sandbox_api_requests_total",
      "Requests to API locations.",
      "counter", "", ngx_http_sandbox_metric(api_requests) },

    { "sandbox_api_denied_total",
      "API requests rejected because of their key, origin or host.",
      "counter", "", ngx_http_sandbox_metric(api_denied) },

    { "sandbox_preview_requests_total",
      "Requests to preview locations.",
      "counter", "", ngx_http_sandbox_metric(preview_requests) },

    { "sandbox_preview_denied_total",
      "Preview requests with an invalid token, or to a port that is not "
      "exposed.",
      "counter", "", ngx_http_sandbox_metric(preview_denied) },

    { "sandbox_preview_stale_total",
      "Preview requests to sleeping sandboxes.",
      "counter", "", ngx_http_sandbox_metric(preview_stale) },

    { "sandbox_starts_total",
      "Admitted requests by how their sandbox was started.",
      "counter", "{start=\"hit\"}",
      ngx_http_sandbox_metric_start(NGX_HTTP_SANDBOX_START_HIT) },

    { "sandbox_starts_total", NULL, NULL, "{start=\"pool\"}",
      ngx_http_sandbox_metric_start(NGX_HTTP_SANDBOX_START_POOL) },

    { "sandbox_starts_total", NULL, NULL, "{start=\"wake\"}",
      ngx_http_sandbox_metric_start(NGX_HTTP_SANDBOX_START_WAKE) },

    { "sandbox_starts_total", NULL, NULL, "{start=\"create\"}",
      ngx_http_sandbox_metric_start(NGX_HTTP_SANDBOX_START_CREATE) },

    { "sandbox_starts_total", NULL, NULL, "{start=\"lost\"}",
      ngx_http_sandbox_metric_start(NGX_HTTP_SANDBOX_START_LOST) },

    { "sandbox_start_failures_total",
      "Failed starts.",
      "counter", "", ngx_http_sandbox_metric(start_failures) },

    { "sandbox_start_milliseconds_total",
      "Total time spent in starts.",
      "counter", "", ngx_http_sandbox_metric(start_ms) },

    { "sandbox_created_total",
      "Sandboxes created.",
      "counter", "", ngx_http_sandbox_metric(created) },

    { "sandbox_destroyed_total",
      "Sandboxes destroyed.",
      "counter", "", ngx_http_sandbox_metric(destroyed) },

    { "sandbox_agent_ends_total",
      "Lost connections to agents, counted by each worker.",
      "counter", "", ngx_http_sandbox_metric(ends) },

    { "sandbox_engine_calls_total",
      "Calls to the container engine.",
      "counter", "", ngx_http_sandbox_metric(engine_calls) },

    { "sandbox_engine_errors_total",
      "Failed calls to the container engine.",
      "counter", "", ngx_http_sandbox_metric(engine_errors) },

    { "sandbox_swept_total",
      "Leftovers removed by the sweep.",
      "counter", "", ngx_http_sandbox_metric(swept) },

    { "sandbox_tethers",
      "Control connections from workers to agents.",
      "gauge", "", ngx_http_sandbox_metric(tethers) },

    { "sandbox_waiting_requests",
      "Requests waiting for a sandbox to start.",
      "gauge", "", ngx_http_sandbox_metric(waiting) },

    { "sandbox_capacity_refused_total",
      "Starts refused because an instance limit was reached.",
      "counter", "", ngx_http_sandbox_metric(capacity_refused) },

    { "sandbox_rate_refused_total",
      "Creations refused by the create rate of a key.",
      "counter", "", ngx_http_sandbox_metric(rate_refused) },

    { "sandbox_pool_started_total",
      "Sandboxes started for the pool.",
      "counter", "", ngx_http_sandbox_metric(pool_started) },

    { "sandbox_pool_failures_total",
      "Sandboxes that could not be started for the pool, or ended in it.",
      "counter", "", ngx_http_sandbox_metric(pool_failures) },

    { "sandbox_pool_missed_total",
      "Sandboxes created while none of their class was warm.",
      "counter", "", ngx_http_sandbox_metric(pool_missed) },

    { "sandbox_instances",
      "Sandboxes starting or running; warm: of the latter, in the pool.",
      "gauge", "{state=\"starting\"}", ngx_http_sandbox_metric(starting) },

    { "sandbox_instances", NULL, NULL, "{state=\"warm\"}",
      ngx_http_sandbox_metric(warm) },

    { "sandbox_instances", NULL, NULL, "{state=\"running\"}",
      ngx_http_sandbox_metric(running) },

    { "sandbox_engine_calls",
      "Calls queued, or in progress at the container engine.",
      "gauge", "{state=\"waiting\"}",
      ngx_http_sandbox_metric(calls_waiting) },

    { "sandbox_engine_calls", NULL, NULL, "{state=\"running\"}",
      ngx_http_sandbox_metric(calls_running) },

    { "sandbox_engine_away_workers",
      "Workers that consider the container engine unavailable.",
      "gauge", "", ngx_http_sandbox_metric(engine_away) },

    { NULL, NULL, NULL, NULL, 0 }
};


ngx_int_t
ngx_http_sandbox_metrics_handler(ngx_http_request_t *r)
{
    size_t                             size;
    ngx_buf_t                         *b;
    ngx_int_t                          rc;
    ngx_chain_t                        out;
    ngx_http_sandbox_main_conf_t      *smcf;
    const ngx_http_sandbox_metric_t   *m;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {

        if (ngx_http_sandbox_response_header(r, "Allow", "GET, HEAD")
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    ngx_http_sandbox_instances_figures(smcf);

    size = 0;

    for (m = ngx_http_sandbox_metrics; m->name; m++) {

        size += ngx_strlen(m->name) + ngx_strlen(m->label)
                + sizeof(" \n") - 1 + NGX_ATOMIC_T_LEN;

        if (m->help) {
            size += sizeof("# HELP  \n# TYPE  \n") - 1
                    + 2 * ngx_strlen(m->name) + ngx_strlen(m->help)
                    + ngx_strlen(m->type);
        }
    }

    b = ngx_create_temp_buf(r->pool, size);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_http_sandbox_metrics_text(b->last, b->end, smcf->counters);
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = b->last - b->pos;

    ngx_str_set(&r->headers_out.content_type,
                "text/plain; version=0.0.4; charset=utf-8");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static u_char *
ngx_http_sandbox_metrics_text(u_char *p, u_char *last,
    ngx_http_sandbox_counters_t *counters)
{
    ngx_atomic_t                     *value;
    const ngx_http_sandbox_metric_t  *m;

    for (m = ngx_http_sandbox_metrics; m->name; m++) {

        if (m->help) {
            p = ngx_slprintf(p, last, "# HELP %s %s\n# TYPE %s %s\n",
                             m->name, m->help, m->name, m->type);
        }

        value = (ngx_atomic_t *) ((u_char *) counters + m->offset);

        p = ngx_slprintf(p, last, "%s%s %uA\n", m->name, m->label, *value);
    }

    return p;
}
