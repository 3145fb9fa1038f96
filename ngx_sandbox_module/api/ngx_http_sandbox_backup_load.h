
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_BACKUP_LOAD_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_BACKUP_LOAD_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_backup.h"

#include <cjson/cJSON.h>


/* an archive from a file, which is read by a thread, to the agent */


typedef struct ngx_http_sandbox_backup_load_s  ngx_http_sandbox_backup_load_t;


/*
 * Takes ownership of the file.  dir is that it is restored to, and lives as
 * long as the request.  NULL: out of memory, and the file is closed.
 */
ngx_http_sandbox_backup_load_t *ngx_http_sandbox_backup_load(
    ngx_http_request_t *r, const sandbox_backup_t *backup, const char *dir,
    ngx_fd_t fd);

/* sends the file after the header of the request to the agent */
void ngx_http_sandbox_backup_load_upstream(
    ngx_http_sandbox_backup_load_t *load);

/* the agent has extracted it: the JSON of the response, or NULL */
cJSON *ngx_http_sandbox_backup_load_json(ngx_http_sandbox_backup_load_t *load);


#endif /* _NGX_HTTP_SANDBOX_BACKUP_LOAD_H_INCLUDED_ */
