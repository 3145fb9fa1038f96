
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_json_body.h"
#include "api/ngx_http_sandbox_mount.h"

#include <cjson/cJSON.h>


/*
 * A bucket is mounted by a FUSE program in the sandbox, which would need
 * CAP_SYS_ADMIN in the container, and with it would own the host.
 */


#define NGX_HTTP_SANDBOX_MOUNT_PATH  4096


typedef struct {
    const char    *name;
    cJSON_bool   (*is)(const cJSON *item);
    const char    *type;
} ngx_http_sandbox_mount_option_t;


static ngx_int_t ngx_http_sandbox_mount_body(ngx_http_request_t *r,
    cJSON *json);
static ngx_int_t ngx_http_sandbox_mount_undo_body(ngx_http_request_t *r,
    cJSON *json);
static ngx_int_t ngx_http_sandbox_mount_check(ngx_http_sandbox_ctx_t *ctx,
    cJSON *json);
static ngx_int_t ngx_http_sandbox_mount_types(ngx_http_sandbox_ctx_t *ctx,
    cJSON *json, const ngx_http_sandbox_mount_option_t *option);
static ngx_int_t ngx_http_sandbox_mount_path(ngx_http_sandbox_ctx_t *ctx,
    cJSON *json);
static cJSON_bool ngx_http_sandbox_mount_strings(const cJSON *item);


static const ngx_http_sandbox_mount_option_t
    ngx_http_sandbox_mount_options[] =
{
    { "endpoint", cJSON_IsString, "a string" },
    { "readOnly", cJSON_IsBool, "true or false" },
    { "prefix", cJSON_IsString, "a string" },
    { "s3fsOptions", ngx_http_sandbox_mount_strings, "a list of strings" },
    { "credentialProxy", cJSON_IsBool, "true or false" },
    { "credentials", cJSON_IsObject, "an object" },
    { NULL, NULL, NULL }
};


static const ngx_http_sandbox_mount_option_t
    ngx_http_sandbox_mount_credentials[] =
{
    { "accessKeyId", cJSON_IsString, "a string" },
    { "secretAccessKey", cJSON_IsString, "a string" },
    { NULL, NULL, NULL }
};


ngx_int_t
ngx_http_sandbox_mount_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_json_body(r, ngx_http_sandbox_mount_body);
}


ngx_int_t
ngx_http_sandbox_mount_undo_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_json_body(r, ngx_http_sandbox_mount_undo_body);
}


static ngx_int_t
ngx_http_sandbox_mount_body(ngx_http_request_t *r, cJSON *json)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ngx_http_sandbox_mount_check(ctx, json) == NGX_OK) {
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
    }

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}


static ngx_int_t
ngx_http_sandbox_mount_undo_body(ngx_http_request_t *r, cJSON *json)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ngx_http_sandbox_mount_path(ctx, json) == NGX_OK) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_GATEWAY,
                                   "unmount_error",
                                   "No bucket is mounted at this path: "
                                   "buckets cannot be mounted in a sandbox.");
    }

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}


static ngx_int_t
ngx_http_sandbox_mount_check(ngx_http_sandbox_ctx_t *ctx, cJSON *json)
{
    cJSON  *options, *endpoint, *name;

    if (ngx_http_sandbox_mount_path(ctx, json) != NGX_OK) {
        return NGX_DECLINED;
    }

    options = cJSON_GetObjectItemCaseSensitive(json, "options");

    if (options && !cJSON_IsObject(options)) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "\"options\" must be an object.");
        return NGX_DECLINED;
    }

    if (ngx_http_sandbox_mount_types(ctx, options,
                                     ngx_http_sandbox_mount_options)
        != NGX_OK
        || ngx_http_sandbox_mount_types(ctx,
                       cJSON_GetObjectItemCaseSensitive(options, "credentials"),
                       ngx_http_sandbox_mount_credentials)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    endpoint = cJSON_GetObjectItemCaseSensitive(options, "endpoint");
    name = cJSON_GetObjectItemCaseSensitive(json,
                                            endpoint ? "bucket" : "binding");

    if (!cJSON_IsString(name) || name->valuestring[0] == '\0') {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "\"%s\" must name what to mount.",
                                   endpoint ? "bucket" : "binding");
        return NGX_DECLINED;
    }

    if (endpoint && cJSON_GetObjectItemCaseSensitive(json, "binding")) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "\"endpoint\" and \"binding\" exclude each "
                                   "other.");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* json may be NULL */

static ngx_int_t
ngx_http_sandbox_mount_types(ngx_http_sandbox_ctx_t *ctx, cJSON *json,
    const ngx_http_sandbox_mount_option_t *option)
{
    cJSON  *item;

    for ( /* void */ ; option->name; option++) {
        item = cJSON_GetObjectItemCaseSensitive(json, option->name);

        if (item && !option->is(item)) {
            ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                       "invalid_request",
                                       "\"%s\" must be %s.", option->name,
                                       option->type);
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_mount_path(ngx_http_sandbox_ctx_t *ctx, cJSON *json)
{
    const char  *path;

    if (json
        && ngx_http_sandbox_json_body_string(json, "mountPath",
                                             NGX_HTTP_SANDBOX_MOUNT_PATH, &path)
           == NGX_OK
        && path && path[0] == '/' && path[strspn(path, "/")] != '\0')
    {
        return NGX_OK;
    }

    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                               "invalid_request",
                               "\"mountPath\" must be the absolute path of a "
                               "directory other than \"/\".");

    return NGX_DECLINED;
}


static cJSON_bool
ngx_http_sandbox_mount_strings(const cJSON *item)
{
    const cJSON  *entry;

    if (!cJSON_IsArray(item)) {
        return 0;
    }

    cJSON_ArrayForEach(entry, item) {

        if (!cJSON_IsString(entry)) {
            return 0;
        }
    }

    return 1;
}
