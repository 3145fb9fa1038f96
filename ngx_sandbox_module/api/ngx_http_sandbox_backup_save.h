
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_BACKUP_SAVE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_BACKUP_SAVE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_backup.h"


/* an archive from the agent to a file, which is written by a thread */


typedef struct ngx_http_sandbox_backup_save_s  ngx_http_sandbox_backup_save_t;


/*
 * Begins a backup with that id, name, directory and times.  It is removed if
 * the request ends before it is complete.  NULL: ctx->failure is set.
 */
ngx_http_sandbox_backup_save_t *ngx_http_sandbox_backup_save(
    ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx,
    const sandbox_backup_t *backup);

/* the response is the archive */
void ngx_http_sandbox_backup_save_begin(ngx_http_sandbox_backup_save_t *save);
/* 1 between begin and end: the body is for the file */
ngx_uint_t ngx_http_sandbox_backup_save_active(
    ngx_http_sandbox_backup_save_t *save);
/* the response has failed */
void ngx_http_sandbox_backup_save_end(ngx_http_sandbox_backup_save_t *save);

/* a body filter's result; after the last buffer, the request is answered */
ngx_int_t ngx_http_sandbox_backup_save_body(
    ngx_http_sandbox_backup_save_t *save, ngx_chain_t *in);


#endif /* _NGX_HTTP_SANDBOX_BACKUP_SAVE_H_INCLUDED_ */
