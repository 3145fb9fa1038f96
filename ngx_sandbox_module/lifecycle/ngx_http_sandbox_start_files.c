
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_agent.h"
#include "lib/sandbox_store_create.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lifecycle/ngx_http_sandbox_start_files.h"


/*
 * A container mounts the directory of its run, and the agent.  Both may be
 * missing: a backup of the state does not contain them, and a full disk may
 * have had no room for them.
 */


#define NGX_HTTP_SANDBOX_FILES_POLL   10         /* ms */
#define NGX_HTTP_SANDBOX_FILES_RETRY  30         /* s */


static ngx_int_t ngx_http_sandbox_files_failed(
    ngx_http_sandbox_start_t *start, const char *what);


ngx_int_t
ngx_http_sandbox_start_files(ngx_http_sandbox_start_t *start)
{
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;
    node = start->node;

    if (sandbox_store_create_run(w->store, node->spec.run) == -1) {
        return ngx_http_sandbox_files_failed(start, "the directory of sockets");
    }

    if (sandbox_store_agent_exists(w->store)) {
        return NGX_OK;
    }

    if (sandbox_store_agent(w->store, (char *) w->conf->agent.data, 0) != -1) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "copied the sandbox agent \"%V\" to \"%V/.agent\"",
                      &w->conf->agent, &w->conf->state->name);
        return NGX_OK;
    }

    if (ngx_errno == NGX_EAGAIN) {

        /* another worker copies it */

        ngx_http_sandbox_start_later(start, NULL, NGX_HTTP_SANDBOX_FILES_POLL);
        return NGX_AGAIN;
    }

    return ngx_http_sandbox_files_failed(start, "the agent");
}


static ngx_int_t
ngx_http_sandbox_files_failed(ngx_http_sandbox_start_t *start,
    const char *what)
{
    ngx_err_t  err;

    err = ngx_errno;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, err,
                  "cannot make %s of sandbox \"%s\" in \"%V\"", what,
                  start->node->id,
                  &ngx_http_sandbox_worker->conf->state->name);

    if (err == NGX_ENOSPC || err == EDQUOT) {
        ngx_http_sandbox_error_set(&start->failure,
                                   NGX_HTTP_INSUFFICIENT_STORAGE, "no_space",
                                   "The disk of nginx's sandbox state is "
                                   "full: the sandbox cannot be started. "
                                   "Contact the administrator.");
        start->failure.retry_after = NGX_HTTP_SANDBOX_FILES_RETRY;

    } else {
        ngx_http_sandbox_error_set(&start->failure,
                                   NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "INTERNAL_ERROR",
                                   "The files that the sandbox needs cannot "
                                   "be made. See nginx's error log for the "
                                   "cause.");
    }

    return NGX_ERROR;
}
