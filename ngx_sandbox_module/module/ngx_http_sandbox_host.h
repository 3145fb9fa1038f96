
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_HOST_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_HOST_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/*
 * Sets the limit of open files of each class that has none, and logs what lets
 * a sandbox exhaust what nginx, the host or other sandboxes need.  Called by
 * the master at each start and reload, as it reads files of /proc/sys.
 */
void ngx_http_sandbox_host_init(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_SANDBOX_HOST_H_INCLUDED_ */
