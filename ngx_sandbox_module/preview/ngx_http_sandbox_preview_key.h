
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_KEY_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_KEY_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_settings.h"


/* "access": "key" */


#define NGX_HTTP_SANDBOX_COOKIE  "__Host-sandbox"

/*
 * Removes the key from the request, and checks it if one is required. NGX_OK:
 * continue; NGX_DECLINED: the content handler responds.
 */
ngx_int_t ngx_http_sandbox_preview_key(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_policy_t *policy,
    sandbox_policy_settings_t *set);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_KEY_H_INCLUDED_ */
