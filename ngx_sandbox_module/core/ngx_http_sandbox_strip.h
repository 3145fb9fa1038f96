
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_STRIP_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_STRIP_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* removal of headers and arguments that must not reach a container */


/*
 * Removes X-Sandbox-*, X-Accel-*, invalid headers, and imitations of headers
 * that nginx sets from the request, and, if secrets is set, also
 * Authorization, Cookie and key arguments. NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_strip(ngx_http_request_t *r, ngx_uint_t secrets);
/*
 * 1 if an app may take name for the NUL-terminated header: they are equal, but
 * for the case of letters and the characters between words ('-', '_', '.')
 */
ngx_uint_t ngx_http_sandbox_strip_imitates(ngx_str_t *name,
    const char *header);
/* removes only arguments, as sandbox_query_strip(); NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_strip_args(ngx_http_request_t *r, int which);


#endif /* _NGX_HTTP_SANDBOX_STRIP_H_INCLUDED_ */
