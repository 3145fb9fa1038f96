
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_API_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_API_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* selection of API routes: handled by nginx, or by the agent */


/*
 * PRECONTENT of an API location: route, authentication, headers.  NGX_OK: a
 * route of the agent; ctx->id, owner and class are set, secrets are removed,
 * and r->unparsed_uri is the URI for the agent.  NGX_DECLINED: the content
 * handler that was set responds.
 */
ngx_int_t ngx_http_sandbox_api_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_API_H_INCLUDED_ */
