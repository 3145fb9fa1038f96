
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_REVOKE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_REVOKE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* open previews, closed when their policy no longer allows them */


/*
 * Checks the policy of an open preview until its request ends.  NGX_OK or
 * NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_preview_revoke_add(ngx_http_sandbox_ctx_t *ctx);
/* a policy has changed: check at once */
void ngx_http_sandbox_preview_revoke_soon(void);
void ngx_http_sandbox_preview_revoke_stop(void);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_REVOKE_H_INCLUDED_ */
