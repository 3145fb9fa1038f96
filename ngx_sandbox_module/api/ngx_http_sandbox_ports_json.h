
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORTS_JSON_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORTS_JSON_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_policy.h"


/* exposed ports and their links as JSON */


/*
 * Members of a response: an exposed port with its URL (whole: with its policy
 * and links); the same as a tunnel; a link; the array "links" of a port; the
 * array "ports" of a sandbox.
 */
void ngx_http_sandbox_ports_json_port(ngx_http_request_t *r,
    sandbox_json_writer_t *w, ngx_str_t *id, sandbox_policy_t *policy,
    ngx_uint_t whole);
void ngx_http_sandbox_ports_json_tunnel(ngx_http_request_t *r,
    sandbox_json_writer_t *w, ngx_str_t *id, sandbox_policy_t *policy);
void ngx_http_sandbox_ports_json_link(ngx_http_request_t *r,
    sandbox_json_writer_t *w, ngx_str_t *id, sandbox_policy_t *policy,
    sandbox_link_t *link);
void ngx_http_sandbox_ports_json_links(ngx_http_request_t *r,
    sandbox_json_writer_t *w, ngx_str_t *id, sandbox_policy_t *policy);
void ngx_http_sandbox_ports_json(ngx_http_request_t *r,
    sandbox_json_writer_t *w, ngx_str_t *id);
/* "active" or "expired" */
const char *ngx_http_sandbox_ports_json_status(sandbox_policy_t *policy);
/* sets ctx->failure: ctx->port is not exposed */
void ngx_http_sandbox_ports_json_unexposed(ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_PORTS_JSON_H_INCLUDED_ */
