
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_body.h"
#include "lib/sandbox_name.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_json_body.h"
#include "api/ngx_http_sandbox_ports.h"
#include "api/ngx_http_sandbox_tunnel.h"

#include <cjson/cJSON.h>


/*
 * Tunnels, as clients of the REST routes know them: POST exposes the port with
 * the default policy, or finds it exposed, and answers with its preview URL.
 */


#define NGX_HTTP_SANDBOX_TUNNEL_NAME  63


static ngx_int_t ngx_http_sandbox_tunnel_create(ngx_http_request_t *r,
    cJSON *json);


ngx_int_t
ngx_http_sandbox_tunnel_handler(ngx_http_request_t *r)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx->port == 0) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "Invalid port: the path must name a number "
                                   "from %d to %d.",
                                   SANDBOX_PORT_MIN, SANDBOX_PORT_MAX);

        return ngx_http_sandbox_error_send(r, &ctx->failure);
    }

    if (r->method == NGX_HTTP_POST) {
        return ngx_http_sandbox_json_body(r, ngx_http_sandbox_tunnel_create);
    }

    return ngx_http_sandbox_ports_unexpose(r);
}


static ngx_int_t
ngx_http_sandbox_tunnel_create(ngx_http_request_t *r, cJSON *json)
{
    size_t                   len;
    cJSON                   *body;
    ngx_int_t                rc;
    const char              *name;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (sandbox_body_string(json, "name", NGX_HTTP_SANDBOX_TUNNEL_NAME, &name)
        == -1)
    {
        goto invalid;
    }

    /* RFC 1035, 2.3.1: a label, with the digits of RFC 1123, 2.1 */

    if (name) {
        len = ngx_strlen(name);

        if (!sandbox_name_chars(name, len, 1, NGX_HTTP_SANDBOX_TUNNEL_NAME, "-")
            || name[0] == '-' || name[len - 1] == '-')
        {
            goto invalid;
        }
    }

    /* nothing else of the body may change the policy of the port */

    body = cJSON_CreateObject();

    if (body == NULL
        || (name && cJSON_AddStringToObject(body, "name", name) == NULL))
    {
        cJSON_Delete(body);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_sandbox_ports_expose(r, body);

    cJSON_Delete(body);

    return rc;

invalid:

    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                               "invalid_request",
                               "\"name\" must be 1 to %d of the characters "
                               "A-Z, a-z, 0-9 and \"-\", with no \"-\" at "
                               "either end.", NGX_HTTP_SANDBOX_TUNNEL_NAME);

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}
