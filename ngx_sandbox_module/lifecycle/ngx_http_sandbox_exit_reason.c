
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_store_lifetime.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "lifecycle/ngx_http_sandbox_exit_reason.h"


/*
 * How a sandbox has exited, as reported by the engine.  The engine forgets
 * this when the container is started again, so it is recorded before.
 */


/* exit code reported by an engine that was down when the container exited */
#define NGX_HTTP_SANDBOX_EXIT_UNSEEN   255


static const char *ngx_http_sandbox_exit_reason_text(const ac_container_t *c);


ngx_uint_t
ngx_http_sandbox_exit_reason(const ac_reply_t *reply, sandbox_exit_t *end)
{
    const char            *reason;
    const ac_container_t  *c;

    end->exit_code = -1;
    end->at_ms = 0;

    reason = NULL;

    if (reply->error == AC_OK && reply->status == NGX_HTTP_NOT_FOUND) {
        reason = "lost";

    } else if (reply->error == AC_OK && reply->status == NGX_HTTP_OK
               && reply->ncontainers == 1)
    {
        c = &reply->containers[0];

        reason = ngx_http_sandbox_exit_reason_text(c);

        if (reason && ngx_strcmp(reason, "never_ran") != 0) {
            end->exit_code = c->exit_code;
            end->at_ms = c->finished_ms;
        }
    }

    (void) ngx_cpystrn((u_char *) end->reason,
                       (u_char *) (reason ? reason : "unknown"),
                       sizeof(end->reason));

    return reason != NULL;
}


/*
 * The engine reports "OOM killed" if any process of the container was killed,
 * even if the container continued: it counts only if the container itself was
 * killed.
 */

static const char *
ngx_http_sandbox_exit_reason_text(const ac_container_t *c)
{
    if (c->state == AC_CONTAINER_CREATED) {
        return "never_ran";
    }

    if (c->state != AC_CONTAINER_EXITED
        && c->state != AC_CONTAINER_STOPPED
        && c->state != AC_CONTAINER_DEAD)
    {
        return NULL;
    }

    switch (c->exit_code) {

    case 0:
        return "asleep";

    case 128 + SIGKILL:
        return c->oom_killed ? "oom" : "killed";

    case NGX_HTTP_SANDBOX_EXIT_UNSEEN:
        return "engine_gone";

    default:
        return "exited";
    }
}


cJSON *
ngx_http_sandbox_exit_reason_json(sandbox_exit_t *end, const char *message)
{
    sandbox_json_writer_t  w;

    sandbox_json_writer_start(&w);
    sandbox_json_writer_string(&w, "reason", end->reason);

    if (message) {
        sandbox_json_writer_string(&w, "message", message);
    }

    if (end->exit_code != -1) {
        sandbox_json_writer_number(&w, "exitCode", end->exit_code);
    }

    if (end->at_ms) {
        sandbox_json_writer_time(&w, "at", end->at_ms);
    }

    return sandbox_json_writer_finish(&w);
}


void
ngx_http_sandbox_exit_reason_record(ngx_http_sandbox_node_t *node,
    const char *run, const ac_reply_t *reply)
{
    sandbox_exit_t  end;

    if (reply->error != AC_OK) {
        ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, engine_errors);
    }

    /* record "unknown", too: the existing record is of an earlier exit */

    (void) ngx_http_sandbox_exit_reason(reply, &end);

    if (ngx_strcmp(end.reason, "never_ran") != 0
        && sandbox_store_lifetime_write(ngx_http_sandbox_worker->store,
                                        (char *) node->id, run, &end)
           == -1)
    {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, ngx_errno,
                      "cannot record the last exit of sandbox \"%s\"",
                      node->id);
    }
}
