
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_TUNNEL_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_TUNNEL_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* POST and DELETE of a tunnel: a port that is exposed, for other clients */
ngx_int_t ngx_http_sandbox_tunnel_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_TUNNEL_H_INCLUDED_ */
