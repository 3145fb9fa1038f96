
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORTS_APPLY_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORTS_APPLY_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "api/ngx_http_sandbox_ports_update.h"


/* application of changes to port policies */


/*
 * Updates the policy of e->port, with its directory locked.  NGX_OK with
 * e->json, NULL if out of memory; NGX_DECLINED with the failure set.
 */
ngx_int_t ngx_http_sandbox_ports_apply(ngx_http_sandbox_ports_update_t *e);


#endif /* _NGX_HTTP_SANDBOX_PORTS_APPLY_H_INCLUDED_ */
