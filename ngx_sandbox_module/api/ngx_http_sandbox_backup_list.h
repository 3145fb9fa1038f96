
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_BACKUP_LIST_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_BACKUP_LIST_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the backups of a key: /v1/backup, and /v1/backup/:backup in ctx->link */


ngx_int_t ngx_http_sandbox_backup_list_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_backup_list_show_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_backup_list_delete_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_BACKUP_LIST_H_INCLUDED_ */
