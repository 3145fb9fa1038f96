
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_BACKUP_AGENT_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_BACKUP_AGENT_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "api/ngx_http_sandbox_backup_load.h"
#include "api/ngx_http_sandbox_backup_save.h"


/*
 * The exchange of archives with the agent, by the proxy module.  The request
 * that the agent gets, and the response that the client gets, are nginx's own.
 */


struct ngx_http_sandbox_backup_s {
    /* one of both */
    ngx_http_sandbox_backup_save_t  *save;
    ngx_http_sandbox_backup_load_t  *load;

    /* of the proxy module */
    void                           (*finalize_request)(ngx_http_request_t *r,
                                       ngx_int_t rc);
};


/*
 * Passes a request with that URI and a body of that length to the agent: a
 * content handler's result.
 */
ngx_int_t ngx_http_sandbox_backup_agent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_str_t *uri, off_t length);

/* called when the upstream of the request has been initialized */
void ngx_http_sandbox_backup_agent_upstream(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);

/*
 * The header of the agent's response: NGX_OK, pass it on; NGX_DONE, it is not
 * for the client; NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_backup_agent_header(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_BACKUP_AGENT_H_INCLUDED_ */
