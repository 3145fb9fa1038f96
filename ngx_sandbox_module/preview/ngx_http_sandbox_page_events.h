
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PAGE_EVENTS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PAGE_EVENTS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the path of previews reserved by nginx */


#define NGX_HTTP_SANDBOX_PAGE_EVENTS_PREFIX  "/.sandbox"

/* admits or refuses a request for that path or below; returns NGX_DECLINED */
ngx_int_t ngx_http_sandbox_page_events_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_PAGE_EVENTS_H_INCLUDED_ */
