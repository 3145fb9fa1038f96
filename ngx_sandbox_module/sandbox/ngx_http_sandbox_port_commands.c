
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "agent/ac_agent_send.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_port.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_port_commands.h"
#include "sandbox/ngx_http_sandbox_tether_send.h"


/* commands that the agent runs for the ports of a sandbox */


ngx_uint_t
ngx_http_sandbox_port_commands_changed(cJSON *json, sandbox_policy_t *old,
    sandbox_policy_t *policy)
{
    if (ngx_strcmp(old->command, policy->command) != 0
        || ngx_strcmp(old->cwd, policy->cwd) != 0)
    {
        return 1;
    }

    return policy->command[0] && json
           && cJSON_GetObjectItemCaseSensitive(json, "command") != NULL;
}


ngx_int_t
ngx_http_sandbox_port_commands_check(ngx_http_sandbox_ctx_t *ctx,
    sandbox_policy_t *policy)
{
    char             *id;
    ssize_t           i, n;
    uint16_t          ports[NGX_HTTP_SANDBOX_PORTS_MAX];
    ngx_uint_t        count;
    sandbox_policy_t  other;
    sandbox_store_t  *store;

    if (policy->command[0] == '\0') {
        return NGX_OK;
    }

    id = (char *) ctx->node->id;
    store = ngx_http_sandbox_worker->store;

    count = 0;

    n = sandbox_store_port_list(store, id, ports, NGX_HTTP_SANDBOX_PORTS_MAX);

    for (i = 0; i < n; i++) {

        if (ports[i] == policy->port
            || sandbox_store_port_read(store, id, ports[i], &other) == -1
            || other.command[0] == '\0'
            || ++count < NGX_HTTP_SANDBOX_PORT_COMMANDS_MAX)
        {
            continue;
        }

        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_CONFLICT,
                                   "PORT_LIMIT_REACHED",
                                   "At most %d ports of a sandbox may have a "
                                   "command. Remove the command of another "
                                   "port first.",
                                   NGX_HTTP_SANDBOX_PORT_COMMANDS_MAX);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_port_commands(ngx_http_sandbox_node_t *node, uint16_t *ports,
    size_t n, sandbox_policy_t **policies, ac_command_t **commands)
{
    size_t            i, count;
    ac_command_t     *command;
    sandbox_policy_t  policy, *kept;

    kept = NULL;
    count = 0;

    *policies = NULL;
    *commands = NULL;

    for (i = 0; i < n && count < NGX_HTTP_SANDBOX_PORT_COMMANDS_MAX; i++) {

        if (sandbox_store_port_read(ngx_http_sandbox_worker->store,
                                    (char *) node->id, ports[i], &policy)
            == -1)
        {
            if (ngx_errno != NGX_ENOENT) {
                ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                              "cannot read port %ui of sandbox \"%s\"",
                              (ngx_uint_t) ports[i], node->id);
            }

            continue;
        }

        if (policy.command[0] == '\0') {
            continue;
        }

        if (kept == NULL) {
            kept = ngx_alloc(NGX_HTTP_SANDBOX_PORT_COMMANDS_MAX
                             * sizeof(sandbox_policy_t), ngx_cycle->log);
            if (kept == NULL) {
                return NGX_ERROR;
            }
        }

        kept[count++] = policy;
    }

    if (count == 0) {
        return 0;
    }

    command = ngx_alloc(count * sizeof(ac_command_t), ngx_cycle->log);
    if (command == NULL) {
        ngx_free(kept);
        return NGX_ERROR;
    }

    for (i = 0; i < count; i++) {
        command[i].port = kept[i].port;
        command[i].command = kept[i].command;
        command[i].cwd = kept[i].cwd;
    }

    *policies = kept;
    *commands = command;

    return count;
}


void
ngx_http_sandbox_port_commands_tell(ngx_http_sandbox_node_t *node,
    in_port_t port, const char *command, const char *cwd)
{
    ac_command_t  c;

    c.port = port;
    c.command = command;
    c.cwd = cwd;

    ngx_http_sandbox_tether_send_commands(node, &c, 1);
}
