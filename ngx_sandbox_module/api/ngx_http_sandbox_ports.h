
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORTS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORTS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"

#include <cjson/cJSON.h>


/* routes of exposed ports */


/* content handlers */
ngx_int_t ngx_http_sandbox_ports_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_ports_port_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_ports_links_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_ports_link_handler(ngx_http_request_t *r);

/*
 * Exposes the port of the body or of ctx, and answers; json may be NULL, and is
 * borrowed.
 */
ngx_int_t ngx_http_sandbox_ports_expose(ngx_http_request_t *r, cJSON *json);
/* unexposes ctx->port, and answers */
ngx_int_t ngx_http_sandbox_ports_unexpose(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_PORTS_H_INCLUDED_ */
