
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ORIGIN_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ORIGIN_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"


/* which host was called, and which web page calls */


/* of a merged API location: its origins are some; keeps its server's names */
char *ngx_http_sandbox_origin_check(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf);

/* 1 when Host is a name of the server block */
ngx_uint_t ngx_http_sandbox_origin_host_known(ngx_http_request_t *r);
/* 1 when a web page of another origin calls, and is not allowed to */
ngx_uint_t ngx_http_sandbox_origin_foreign(ngx_http_request_t *r);
/* 1 when sandbox_api_cors names the request's origin */
ngx_uint_t ngx_http_sandbox_origin_allowed(ngx_http_request_t *r);
/*
 * Adds Access-Control-Allow-Origin to an answer of an API location, for an
 * origin that sandbox_api_cors names; for a header filter, after what a
 * container said of it was removed.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_origin_cors(ngx_http_request_t *r);
/* content handler of OPTIONS from an allowed origin */
ngx_int_t ngx_http_sandbox_origin_preflight_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_ORIGIN_H_INCLUDED_ */
