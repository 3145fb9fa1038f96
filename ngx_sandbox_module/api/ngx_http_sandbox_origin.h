
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ORIGIN_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ORIGIN_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"


/* checks of Host and Origin */


/* for a merged API location: checks its origins, keeps the server names */
char *ngx_http_sandbox_origin_check(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf);

/* 1 if Host is a name of the server block */
ngx_uint_t ngx_http_sandbox_origin_host_known(ngx_http_request_t *r);
/* 1 if a web page of a disallowed origin sends the request */
ngx_uint_t ngx_http_sandbox_origin_foreign(ngx_http_request_t *r);
/* 1 if the request's origin is listed in sandbox_api_cors */
ngx_uint_t ngx_http_sandbox_origin_allowed(ngx_http_request_t *r);
/*
 * Adds Access-Control-Allow-Origin to a response of an API location, for an
 * origin listed in sandbox_api_cors.  To be called by a header filter, after
 * such headers of the container have been removed.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_origin_cors(ngx_http_request_t *r);
/* content handler of OPTIONS requests from an allowed origin */
ngx_int_t ngx_http_sandbox_origin_preflight_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_ORIGIN_H_INCLUDED_ */
