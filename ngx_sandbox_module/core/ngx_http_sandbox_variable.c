
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_variable.h"


/* values of variables */


void
ngx_http_sandbox_variable_set(ngx_http_variable_value_t *v, u_char *text,
    size_t len)
{
    v->data = text;
    v->len = len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
}
