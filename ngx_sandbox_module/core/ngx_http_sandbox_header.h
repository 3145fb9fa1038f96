
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ORIGIN_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ORIGIN_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* headers of requests, and pages of other origins */


/* ngx_http_sandbox_origin.c */

/* of a merged API location: its origins are some; keeps its server's names */
char *ngx_http_sandbox_origin_check(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf);

/* one header after the other: begin with a list's part, and i 0; or NULL */
ngx_table_elt_t *ngx_http_sandbox_next_header(ngx_list_part_t **part,
    ngx_uint_t *i);
ngx_uint_t ngx_http_sandbox_is_header(ngx_table_elt_t *h, const char *name);
/* the first request header of that name, and how many there are */
ngx_table_elt_t *ngx_http_sandbox_header_in(ngx_http_request_t *r,
    const char *name, ngx_uint_t *count);
/* 1 when Host is a name of the server block */
ngx_uint_t ngx_http_sandbox_host_known(ngx_http_request_t *r);
/* 1 when a web page of another origin calls, and is not allowed to */
ngx_uint_t ngx_http_sandbox_origin_foreign(ngx_http_request_t *r);
/* 1 when origin is that of host, a port of the scheme's own or none alike */
ngx_uint_t ngx_http_sandbox_same_origin(ngx_str_t *origin, ngx_str_t *host);
/* 1 when sandbox_api_cors names the request's origin */
ngx_uint_t ngx_http_sandbox_cors_allowed(ngx_http_request_t *r);
/*
 * Adds Access-Control-Allow-Origin to an answer of an API location, for an
 * origin that sandbox_api_cors names; for a header filter, after what a
 * container said of it was removed.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_cors(ngx_http_request_t *r);
/*
 * What both it and the answers of previews say: the header name, with value,
 * stands where the origin is allowed; Vary, in any case
 */
ngx_int_t ngx_http_sandbox_cors_grant(ngx_http_request_t *r,
    ngx_uint_t allowed, const char *name, const char *value);
/* content handler of OPTIONS from an allowed origin */
ngx_int_t ngx_http_sandbox_preflight_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_ORIGIN_H_INCLUDED_ */
