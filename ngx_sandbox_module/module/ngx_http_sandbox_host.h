
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_HOST_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_HOST_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/*
 * Sets the limit of open files of each class that has none, and warns of
 * settings that let a sandbox exhaust resources of nginx, the host or other
 * sandboxes.  Called by the master at each start and reload; reads files in
 * /proc/sys.
 */
void ngx_http_sandbox_host_init(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_SANDBOX_HOST_H_INCLUDED_ */
