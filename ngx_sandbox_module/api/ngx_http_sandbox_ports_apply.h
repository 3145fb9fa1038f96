
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORTS_APPLY_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORTS_APPLY_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"
#include "api/ngx_http_sandbox_ports_update.h"

#include <cjson/cJSON.h>


/* application of changes to port policies */


/*
 * Updates the policy of e->port, with its directory locked.  NGX_OK with
 * e->json, NULL if out of memory; NGX_DECLINED with the failure set.
 */
ngx_int_t ngx_http_sandbox_ports_apply(ngx_http_sandbox_ports_update_t *e);

/*
 * Merges a body into a policy; reads a link from a body.  NGX_OK, or
 * NGX_DECLINED with ctx->failure set.
 */
ngx_int_t ngx_http_sandbox_ports_apply_policy(ngx_http_sandbox_ctx_t *ctx,
    sandbox_policy_t *policy, cJSON *body);
ngx_int_t ngx_http_sandbox_ports_apply_link(ngx_http_sandbox_ctx_t *ctx,
    sandbox_link_t *link, cJSON *body);


#endif /* _NGX_HTTP_SANDBOX_PORTS_APPLY_H_INCLUDED_ */
