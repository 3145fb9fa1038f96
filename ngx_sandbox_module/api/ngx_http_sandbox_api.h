
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_API_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_API_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the routes that nginx answers itself, and those of the agent */


/*
 * PRECONTENT of an API location: route, auth, headers.  NGX_OK: a route of
 * the agent, to be admitted: ctx->id, owner, class are set, secrets removed,
 * r->unparsed_uri is what the agent is to see.  NGX_DECLINED: nginx answers,
 * by the content handler that was set.
 */
ngx_int_t ngx_http_sandbox_api_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_API_H_INCLUDED_ */
