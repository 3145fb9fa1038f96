
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_VARIABLES_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_VARIABLES_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the module's variables */


ngx_int_t ngx_http_sandbox_variables_add(ngx_conf_t *cf);


#endif /* _NGX_HTTP_SANDBOX_VARIABLES_H_INCLUDED_ */
