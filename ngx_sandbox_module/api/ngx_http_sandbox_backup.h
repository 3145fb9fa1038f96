
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_BACKUP_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_BACKUP_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* backups of directories: creating and restoring them */


ngx_int_t ngx_http_sandbox_backup_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_BACKUP_H_INCLUDED_ */
