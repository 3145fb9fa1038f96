
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORTS_UPDATE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORTS_UPDATE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"
#include "core/ngx_http_sandbox_conf.h"

#include <cjson/cJSON.h>


/* changes of exposed ports, serialized by a lock */


#define NGX_HTTP_SANDBOX_PORTS_EXPOSE      0
#define NGX_HTTP_SANDBOX_PORTS_CHANGE      1             /* PATCH */
#define NGX_HTTP_SANDBOX_PORTS_UNEXPOSE    2
#define NGX_HTTP_SANDBOX_PORTS_LINK        3
#define NGX_HTTP_SANDBOX_PORTS_UNLINK      4


typedef struct {
    ngx_http_request_t                *request;
    ngx_http_sandbox_ctx_t            *ctx;
    ngx_msec_t                         began;
    cJSON                             *json;          /* the response */

    ngx_uint_t                         op;
    ngx_uint_t                         tunnel;        /* answers of tunnels */
    in_port_t                          port;          /* 0: remove all ports */
    cJSON                             *body;          /* request body */
    ngx_http_sandbox_preview_domain_t *preview;       /* NULL: any */
    char                               link[SANDBOX_LINK_NAME_MAX + 1];

    /*
     * for the removal of all ports, which takes several iterations of the loop
     */
    uint16_t                          *ports;
    ngx_uint_t                         nports;
    ngx_uint_t                         next;
    ngx_uint_t                         removed;
} ngx_http_sandbox_ports_update_t;


/* NULL: out of memory; freed with the request, together with json and body */
ngx_http_sandbox_ports_update_t *ngx_http_sandbox_ports_update_create(
    ngx_http_request_t *r);
/*
 * performs the operation and responds; returns the result of a content handler
 */
ngx_int_t ngx_http_sandbox_ports_update(ngx_http_sandbox_ports_update_t *e);
/* logs errno and sets the failure; NGX_DECLINED */
ngx_int_t ngx_http_sandbox_ports_update_failed(
    ngx_http_sandbox_ports_update_t *e, in_port_t port, const char *what);


#endif /* _NGX_HTTP_SANDBOX_PORTS_UPDATE_H_INCLUDED_ */
