
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "lifecycle/ngx_http_sandbox_state.h"


ngx_http_sandbox_tether_state_e
ngx_http_sandbox_state(ngx_http_sandbox_node_t *node)
{
    ngx_http_sandbox_tether_state_e  state;

    state = ngx_http_sandbox_tether_state(node);

    /* the kernel accepts connections for a paused agent */

    if (state == NGX_HTTP_SANDBOX_RUNNING
        && ngx_http_sandbox_instances_paused(node->spec.run))
    {
        return NGX_HTTP_SANDBOX_PAUSED;
    }

    return state;
}


const char *
ngx_http_sandbox_state_name(ngx_http_sandbox_tether_state_e state)
{
    static const char  *names[] = { "asleep", "starting", "running", "paused" };

    return names[state];
}


const char *
ngx_http_sandbox_state_text(ngx_http_sandbox_node_t *node)
{
    return ngx_http_sandbox_state_name(ngx_http_sandbox_state(node));
}
