
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_HEADER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_HEADER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* reading of request headers */


/* removes a header from the request */
#define ngx_http_sandbox_header_drop(h)  (h)->key.len = 0

#if (nginx_version >= 1023000)
#define ngx_http_sandbox_header_init(h)  (h)->next = NULL
#else
#define ngx_http_sandbox_header_init(h)
#endif

/*
 * iterates over headers, starting with the first part and i 0; NULL at the end
 */
ngx_table_elt_t *ngx_http_sandbox_header_next(ngx_list_part_t **part,
    ngx_uint_t *i);
ngx_uint_t ngx_http_sandbox_header_is(ngx_table_elt_t *h, const char *name);
/* the first request header of that name, and their number */
ngx_table_elt_t *ngx_http_sandbox_header_in(ngx_http_request_t *r,
    const char *name, ngx_uint_t *count);
/* the request's host as the client wrote it, with its port; 0 without one */
ngx_uint_t ngx_http_sandbox_header_host(ngx_http_request_t *r,
    ngx_str_t *host);
/* 1 if origin is that of host; a default port may be omitted */
ngx_uint_t ngx_http_sandbox_header_same_origin(ngx_str_t *origin,
    ngx_str_t *host);

/* 1 if the request is a WebSocket handshake and nothing else */
ngx_uint_t ngx_http_sandbox_header_websocket(ngx_http_request_t *r);

/* the next item of a list from *pos on, without surrounding spaces */
void ngx_http_sandbox_header_next_item(u_char **pos, u_char *last, u_char sep,
    ngx_str_t *item);


#endif /* _NGX_HTTP_SANDBOX_HEADER_H_INCLUDED_ */
