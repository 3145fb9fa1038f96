
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_VARIABLE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_VARIABLE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* values of variables */


/* sets a value that is not cached; text must live as long as the request */
void ngx_http_sandbox_variable_set(ngx_http_variable_value_t *v, u_char *text,
    size_t len);


#endif /* _NGX_HTTP_SANDBOX_VARIABLE_H_INCLUDED_ */
