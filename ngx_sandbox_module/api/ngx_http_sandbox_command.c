
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "api/ngx_http_sandbox_ports.h"
#include "sandbox/ngx_http_sandbox_tether.h"


/*
 * wake, command and cwd of a port's policy: whether a preview wakes a sandbox
 * that sleeps, and what the agent runs at each start so that the app is there
 * again.
 */


static ngx_int_t ngx_http_sandbox_command_flag(cJSON *json, int *wake);


ngx_int_t
ngx_http_sandbox_policy_wake(cJSON *json, sandbox_port_t *policy,
    ngx_http_sandbox_failure_t *failure)
{
    cJSON       *item;
    const char  *text;

    if (ngx_http_sandbox_command_flag(json, &policy->wake) != NGX_OK) {
        ngx_http_sandbox_fail(failure, NGX_HTTP_BAD_REQUEST,
                              "invalid_request",
                              "\"wake\" must be true, false or null.");
        return NGX_DECLINED;
    }

    item = json ? cJSON_GetObjectItemCaseSensitive(json, "command") : NULL;

    if (item) {
        text = cJSON_IsString(item) ? item->valuestring : "";

        if ((!cJSON_IsString(item) && !cJSON_IsNull(item))
            || ngx_strlen(text) > SANDBOX_COMMAND_MAX
            || (*text && !sandbox_command_valid(text)))
        {
            ngx_http_sandbox_fail(failure, NGX_HTTP_BAD_REQUEST,
                                  "invalid_request",
                                  "\"command\" must be a command line of at "
                                  "most %d bytes for a shell; null is none.",
                                  SANDBOX_COMMAND_MAX);
            return NGX_DECLINED;
        }

        ngx_memzero(policy->command, sizeof(policy->command));
        (void) ngx_cpystrn((u_char *) policy->command,
                           (u_char *) text, sizeof(policy->command));
    }

    if (json && cJSON_GetObjectItemCaseSensitive(json, "cwd")) {

        if (ngx_http_sandbox_json_string(json, "cwd", SANDBOX_CWD_MAX, &text)
            != NGX_OK
            || (text && *text && !sandbox_cwd_valid(text)))
        {
            ngx_http_sandbox_fail(failure, NGX_HTTP_BAD_REQUEST,
                                  "invalid_request",
                                  "\"cwd\" must be an absolute path of at "
                                  "most %d bytes; null is /workspace.",
                                  SANDBOX_CWD_MAX);
            return NGX_DECLINED;
        }

        ngx_memzero(policy->cwd, sizeof(policy->cwd));
        (void) ngx_cpystrn((u_char *) policy->cwd,
                           (u_char *) (text ? text : ""),
                           sizeof(policy->cwd));
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_command_flag(cJSON *json, int *wake)
{
    cJSON  *item;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, "wake") : NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    if (cJSON_IsNull(item)) {
        *wake = 0;
        return NGX_OK;
    }

    if (!cJSON_IsBool(item)) {
        return NGX_DECLINED;
    }

    *wake = cJSON_IsTrue(item) ? SANDBOX_WAKE_ON : SANDBOX_WAKE_OFF;

    return NGX_OK;
}


ngx_uint_t
ngx_http_sandbox_policy_commands(cJSON *json, sandbox_port_t *old,
    sandbox_port_t *policy)
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
ngx_http_sandbox_command_check(ngx_http_sandbox_ctx_t *ctx,
    sandbox_port_t *policy)
{
    char             *id;
    ssize_t           i, n;
    uint16_t          ports[NGX_HTTP_SANDBOX_PORTS_MAX];
    ngx_uint_t        count;
    sandbox_port_t    other;
    sandbox_store_t  *store;

    if (policy->command[0] == '\0') {
        return NGX_OK;
    }

    id = (char *) ctx->node->id;
    store = ngx_http_sandbox_worker->store;

    count = 0;

    n = sandbox_store_ports(store, id, ports, NGX_HTTP_SANDBOX_PORTS_MAX);

    for (i = 0; i < n; i++) {

        if (ports[i] == policy->port
            || sandbox_store_port_read(store, id, ports[i], &other) == -1
            || other.command[0] == '\0'
            || ++count < NGX_HTTP_SANDBOX_COMMANDS_MAX)
        {
            continue;
        }

        ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_CONFLICT,
                              "PORT_LIMIT_REACHED",
                              "At most %d ports of a sandbox have a command: "
                              "take one back first.",
                              NGX_HTTP_SANDBOX_COMMANDS_MAX);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_policy_wake_json(cJSON *json, sandbox_port_t *policy)
{
    cJSON  *wake;

    wake = policy->wake ? cJSON_CreateBool(policy->wake == SANDBOX_WAKE_ON)
                        : cJSON_CreateNull();

    if (!cJSON_AddItemToObject(json, "wake", wake)) {
        cJSON_Delete(wake);
        return NGX_ERROR;
    }

    if (policy->command[0]
        && cJSON_AddStringToObject(json, "command", policy->command) == NULL)
    {
        return NGX_ERROR;
    }

    if (policy->cwd[0]
        && cJSON_AddStringToObject(json, "cwd", policy->cwd) == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_port_commands(ngx_http_sandbox_node_t *node, uint16_t *ports,
    size_t n, sandbox_port_t **policies, ac_command_t **commands)
{
    size_t           i, count;
    ac_command_t    *command;
    sandbox_port_t   policy, *kept;

    kept = NULL;
    count = 0;

    *policies = NULL;
    *commands = NULL;

    for (i = 0; i < n && count < NGX_HTTP_SANDBOX_COMMANDS_MAX; i++) {

        if (sandbox_store_port_read(ngx_http_sandbox_worker->store,
                                    (char *) node->id, ports[i], &policy)
            == -1)
        {
            if (ngx_errno != NGX_ENOENT) {
                ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                              "port %ui of sandbox \"%s\" cannot be read",
                              (ngx_uint_t) ports[i], node->id);
            }

            continue;
        }

        if (policy.command[0] == '\0') {
            continue;
        }

        if (kept == NULL) {
            kept = ngx_alloc(NGX_HTTP_SANDBOX_COMMANDS_MAX
                             * sizeof(sandbox_port_t), ngx_cycle->log);
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
ngx_http_sandbox_command_tell(ngx_http_sandbox_node_t *node, in_port_t port,
    const char *command, const char *cwd)
{
    ac_command_t  c;

    c.port = port;
    c.command = command;
    c.cwd = cwd;

    ngx_http_sandbox_tether_commands(node, &c, 1);
}
