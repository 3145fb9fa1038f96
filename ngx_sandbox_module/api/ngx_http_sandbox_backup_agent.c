
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_response.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "api/ngx_http_sandbox_admit.h"
#include "api/ngx_http_sandbox_backup_agent.h"
#include "api/ngx_http_sandbox_backup_load.h"
#include "api/ngx_http_sandbox_backup_save.h"


static void ngx_http_sandbox_backup_agent_finalize_request(
    ngx_http_request_t *r, ngx_int_t rc);


ngx_int_t
ngx_http_sandbox_backup_agent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_str_t *uri, off_t length)
{
    ngx_int_t                  rc;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->handler == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "the location of \"sandbox_api\" has no "
                      "\"proxy_pass\"");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_sandbox_admit(r, ctx);

    if (rc == NGX_DECLINED) {
        return ngx_http_sandbox_error_send(r, &ctx->failure);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_memcpy(ctx->run, ctx->node->spec.run, sizeof(ctx->run));
    ctx->admitted = 1;

    /* the body of the client has been read */

    r->unparsed_uri = *uri;
    r->request_body->bufs = NULL;
    r->request_body_no_buffering = 0;
    r->headers_in.content_length_n = length;
    r->headers_in.chunked = 0;

    return clcf->handler(r);
}


void
ngx_http_sandbox_backup_agent_upstream(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_upstream_t        *u;
    ngx_http_sandbox_backup_t  *backup;

    u = r->upstream;
    backup = ctx->backup;

    backup->finalize_request = u->finalize_request;
    u->finalize_request = ngx_http_sandbox_backup_agent_finalize_request;

    /* the body filter says when to read on */

    u->buffering = 0;

    if (backup->load) {
        ngx_http_sandbox_backup_load_upstream(backup->load);
    }
}


ngx_int_t
ngx_http_sandbox_backup_agent_header(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_backup_t  *backup;

    backup = ctx->backup;

    if (r->headers_out.status != NGX_HTTP_OK) {
        return NGX_OK;
    }

    if (backup->save) {
        ngx_http_sandbox_backup_save_begin(backup->save);

        /* the header is sent when the backup is complete, or has failed */

        ngx_http_clean_header(r);

        return NGX_DONE;
    }

    if (ngx_http_sandbox_response_print(r,
                              ngx_http_sandbox_backup_load_json(backup->load),
                              &ctx->replacement)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_clear_content_length(r);

    r->headers_out.content_length_n = ctx->replacement.len;

    return NGX_OK;
}


/*
 * The agent has died or cut its response: as no header has been sent to the
 * client, it gets an error.
 */

static void
ngx_http_sandbox_backup_agent_finalize_request(ngx_http_request_t *r,
    ngx_int_t rc)
{
    ngx_uint_t                  save;
    ngx_http_sandbox_ctx_t     *ctx;
    ngx_http_sandbox_backup_t  *backup;

    ctx = ngx_http_sandbox_ctx_get(r);
    backup = ctx->backup;

    backup->finalize_request(r, rc);

    if (rc < NGX_HTTP_INTERNAL_SERVER_ERROR) {
        return;
    }

    save = (backup->save != NULL);

    if (save && ngx_http_sandbox_backup_save_active(backup->save)) {
        ngx_http_sandbox_backup_save_end(backup->save);

        r->upstream->header_sent = 0;
    }

    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                               save ? "BACKUP_CREATE_FAILED"
                                    : "BACKUP_RESTORE_FAILED",
                               "The sandbox stopped, or its agent failed, "
                               "while the directory was being %s. Try again; "
                               "see the sandbox's log for the cause.",
                               save ? "read" : "written");
    ctx->broken = 1;
}
