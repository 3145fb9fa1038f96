
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_EXPIRE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_EXPIRE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* max_awake, max_age, retain */


/* one step, called every second by the worker that sweeps */
void ngx_http_sandbox_expire(void);
/* closes the directory that is being read; the next step begins anew */
void ngx_http_sandbox_expire_stop(void);


#endif /* _NGX_HTTP_SANDBOX_EXPIRE_H_INCLUDED_ */
