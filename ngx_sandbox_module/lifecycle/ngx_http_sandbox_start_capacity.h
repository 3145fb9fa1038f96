
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_START_CAPACITY_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_START_CAPACITY_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* a step of a start: adds an instance, if the limits allow it */


/* see start.h for the results of a step */
ngx_int_t ngx_http_sandbox_start_capacity(ngx_http_sandbox_start_t *start);
/* lists again, unless done within the last second or in progress */
void ngx_http_sandbox_start_capacity_refresh(void);


#endif /* _NGX_HTTP_SANDBOX_START_CAPACITY_H_INCLUDED_ */
