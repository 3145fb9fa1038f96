
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORT_COMMANDS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORT_COMMANDS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_send.h"
#include "lib/sandbox_policy.h"

#include <cjson/cJSON.h>


/* commands that the agent runs for the ports of a sandbox */


#define NGX_HTTP_SANDBOX_PORT_COMMANDS_MAX  16          /* per sandbox */

/* 1 if a running sandbox must be sent the policy's command */
ngx_uint_t ngx_http_sandbox_port_commands_changed(cJSON *json,
    sandbox_policy_t *old, sandbox_policy_t *policy);
/*
 * NGX_OK: the policy may be stored; NGX_DECLINED: too many ports have a
 * command, ctx->failure is set.  Reads the policies of all ports.
 */
ngx_int_t ngx_http_sandbox_port_commands_check(ngx_http_sandbox_ctx_t *ctx,
    sandbox_policy_t *policy);
/*
 * Collects the commands of these ports, at most ..._COMMANDS_MAX; returns
 * their number or NGX_ERROR.  Both arrays must be freed, and may be NULL.
 */
ngx_int_t ngx_http_sandbox_port_commands(ngx_http_sandbox_node_t *node,
    uint16_t *ports, size_t n, sandbox_policy_t **policies,
    ac_command_t **commands);
/* sends the command to a running sandbox; "": the command was removed */
void ngx_http_sandbox_port_commands_tell(ngx_http_sandbox_node_t *node,
    in_port_t port, const char *command, const char *cwd);


#endif /* _NGX_HTTP_SANDBOX_PORT_COMMANDS_H_INCLUDED_ */
