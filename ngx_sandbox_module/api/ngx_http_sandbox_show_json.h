
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_SHOW_JSON_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_SHOW_JSON_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_json_writer.h"

#include <cjson/cJSON.h>


/* a sandbox as JSON */


/* ctx->node, as far as known to nginx; NULL: out of memory */
cJSON *ngx_http_sandbox_show_json(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/*
 * Writes its members; state is that of the tether, since the time of its last
 * change in ms since the epoch, or 0 for the recorded one.
 */
void ngx_http_sandbox_show_json_write(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *state, int64_t since,
    sandbox_json_writer_t *w);
/* writes value / unit, or null for -1 */
void ngx_http_sandbox_show_json_number(sandbox_json_writer_t *w,
    const char *name, int64_t value, double unit);


#endif /* _NGX_HTTP_SANDBOX_SHOW_JSON_H_INCLUDED_ */
