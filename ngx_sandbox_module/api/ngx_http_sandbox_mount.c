
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_mount.h"
#include "lib/sandbox_route.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_json_body.h"
#include "api/ngx_http_sandbox_mount.h"


/*
 * A bucket is mounted by a FUSE program in the sandbox, which would need
 * CAP_SYS_ADMIN in the container, and with it would own the host.
 */


static ngx_int_t ngx_http_sandbox_mount_body(ngx_http_request_t *r,
    cJSON *json);


ngx_int_t
ngx_http_sandbox_mount_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_json_body(r, ngx_http_sandbox_mount_body);
}


static ngx_int_t
ngx_http_sandbox_mount_body(ngx_http_request_t *r, cJSON *json)
{
    const char              *error;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    error = (ctx->route == SANDBOX_ROUTE_MOUNT)
            ? sandbox_mount_check(json)
            : sandbox_mount_check_path(json);

    if (error) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request", "%s", error);

    } else if (ctx->route == SANDBOX_ROUTE_MOUNT) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_GATEWAY,
                                   "mount_error",
                                   "Buckets cannot be mounted: FUSE in a "
                                   "container needs CAP_SYS_ADMIN, which "
                                   "would give the host away. Copy what the "
                                   "sandbox needs: run a client of the bucket "
                                   "in it, or send files with PUT "
                                   "/v1/sandbox/:id/file/<path> and whole "
                                   "directories with POST "
                                   "/v1/sandbox/:id/hydrate.");

    } else {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_GATEWAY,
                                   "unmount_error",
                                   "No bucket is mounted at this path: "
                                   "buckets cannot be mounted in a sandbox.");
    }

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}
