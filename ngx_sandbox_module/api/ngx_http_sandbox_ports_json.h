
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORTS_JSON_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORTS_JSON_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"

#include <cjson/cJSON.h>


/* exposed ports and their links as JSON */


/*
 * JSON for responses, NULL on failure: an exposed port with its URL (whole:
 * with its complete policy); all ports of a sandbox; a link; all links of a
 * port.
 */
cJSON *ngx_http_sandbox_ports_json_port(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_policy_t *policy, ngx_uint_t whole);
cJSON *ngx_http_sandbox_ports_json(ngx_http_request_t *r, ngx_str_t *id);
cJSON *ngx_http_sandbox_ports_json_link(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_policy_t *policy, sandbox_link_t *link);
cJSON *ngx_http_sandbox_ports_json_links(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_policy_t *policy);
/* status of the port: "active" or "expired" */
const char *ngx_http_sandbox_ports_json_status(sandbox_policy_t *policy);
/* sets ctx->failure: ctx->port is not exposed */
void ngx_http_sandbox_ports_json_unexposed(ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_PORTS_JSON_H_INCLUDED_ */
