
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_backup.h"
#include "lib/sandbox_backup_body.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_route.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store_backup.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_json_body.h"
#include "core/ngx_http_sandbox_worker.h"
#include "api/ngx_http_sandbox_backup.h"
#include "api/ngx_http_sandbox_backup_agent.h"
#include "api/ngx_http_sandbox_backup_load.h"
#include "api/ngx_http_sandbox_backup_save.h"

#include <cjson/cJSON.h>


/*
 * POST api/backup/create and api/backup/restore.  All is checked before the
 * sandbox is created or started.
 */


static ngx_int_t ngx_http_sandbox_backup_create(ngx_http_request_t *r,
    cJSON *json);
static ngx_int_t ngx_http_sandbox_backup_restore(ngx_http_request_t *r,
    cJSON *json);
static ngx_int_t ngx_http_sandbox_backup_uri(ngx_http_request_t *r,
    const char *path, const char *dir, cJSON *excludes, ngx_str_t *uri);
static size_t ngx_http_sandbox_backup_escape(u_char *p, const char *name,
    const char *value);
static ngx_int_t ngx_http_sandbox_backup_invalid(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *error);
static ngx_int_t ngx_http_sandbox_backup_missing(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_err_t err);


ngx_int_t
ngx_http_sandbox_backup_handler(ngx_http_request_t *r)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    return ngx_http_sandbox_json_body(r,
                                      ctx->route == SANDBOX_ROUTE_BACKUP_CREATE
                                      ? ngx_http_sandbox_backup_create
                                      : ngx_http_sandbox_backup_restore);
}


static ngx_int_t
ngx_http_sandbox_backup_create(ngx_http_request_t *r, cJSON *json)
{
    cJSON                      *excludes;
    int64_t                     ttl;
    ngx_str_t                   uri;
    ngx_uint_t                  gitignore;
    const char                 *error;
    sandbox_backup_t            b;
    ngx_http_sandbox_ctx_t     *ctx;
    ngx_http_sandbox_backup_t  *backup;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ngx_http_sandbox_worker->conf->backup_size == 0) {
        return ngx_http_sandbox_backup_invalid(r, ctx,
                              "Backups are switched off: sandbox_backup_size "
                              "is 0. Use persist and hydrate.");
    }

    error = sandbox_backup_body_create(json, &b, &ttl);

    if (error) {
        return ngx_http_sandbox_backup_invalid(r, ctx, error);
    }

    b.created_ms = ngx_http_sandbox_clock_now();
    b.expires_ms = ngx_http_sandbox_clock_late() + ttl;

    if (b.id[0] == '\0' && sandbox_backup_uuid(b.id) == -1) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      "cannot generate the id of a backup");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) ngx_snprintf((u_char *) b.sandbox, sizeof(b.sandbox), "%V%Z",
                        &ctx->id);

    excludes = cJSON_GetObjectItemCaseSensitive(json, "excludes");
    gitignore = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json,
                                                              "gitignore"));

    if (ngx_http_sandbox_backup_uri(r, gitignore
                                    ? "/persist?backup=1&links=keep"
                                      "&sparse=keep&gitignore=1"
                                    : "/persist?backup=1&links=keep"
                                      "&sparse=keep",
                                    b.dir, excludes, &uri)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    backup = ngx_pcalloc(r->pool, sizeof(ngx_http_sandbox_backup_t));
    if (backup == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    backup->save = ngx_http_sandbox_backup_save(r, ctx, &b);

    if (backup->save == NULL) {
        return ngx_http_sandbox_error_send(r, &ctx->failure);
    }

    ctx->backup = backup;

    return ngx_http_sandbox_backup_agent(r, ctx, &uri, 0);
}


static ngx_int_t
ngx_http_sandbox_backup_restore(ngx_http_request_t *r, cJSON *json)
{
    char                        id[SANDBOX_BACKUP_ID_MAX + 1];
    char                        owner[SANDBOX_OWNER_MAX + 1];
    char                       *copy;
    size_t                      len;
    ngx_fd_t                    fd;
    ngx_str_t                   uri;
    const char                 *error, *dir;
    sandbox_backup_t            b;
    ngx_http_sandbox_ctx_t     *ctx;
    ngx_http_sandbox_backup_t  *backup;

    ctx = ngx_http_sandbox_ctx_get(r);

    error = sandbox_backup_body_restore(json, id, &dir);

    if (error) {
        return ngx_http_sandbox_backup_invalid(r, ctx, error);
    }

    (void) ngx_snprintf((u_char *) owner, sizeof(owner), "%V%Z", &ctx->owner);

    if (sandbox_store_backup_open(ngx_http_sandbox_worker->store, owner, id,
                                  &b, &fd)
        == -1)
    {
        return ngx_http_sandbox_backup_missing(r, ctx, ngx_errno);
    }

    if (b.expires_ms <= ngx_http_sandbox_clock_late()) {
        (void) ngx_close_file(fd);

        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "BACKUP_EXPIRED",
                                   "The backup has expired. Create backups "
                                   "with a longer \"ttl\".");

        return ngx_http_sandbox_error_send(r, &ctx->failure);
    }

    /* by default, where it was made */

    dir = dir ? dir : b.dir;
    len = ngx_strlen(dir);
    copy = ngx_pnalloc(r->pool, len + 1);

    backup = ngx_pcalloc(r->pool, sizeof(ngx_http_sandbox_backup_t));

    if (copy == NULL || backup == NULL
        || ngx_http_sandbox_backup_uri(r, "/hydrate?backup=1&contents=replace"
                                       "&owner=keep&sparse=keep",
                                       dir, NULL, &uri)
           != NGX_OK)
    {
        (void) ngx_close_file(fd);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(copy, dir, len + 1);

    backup->load = ngx_http_sandbox_backup_load(r, &b, copy, fd);

    if (backup->load == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->backup = backup;

    return ngx_http_sandbox_backup_agent(r, ctx, &uri, b.size);
}


/* the path with its first arguments, then the others */

static ngx_int_t
ngx_http_sandbox_backup_uri(ngx_http_request_t *r, const char *path,
    const char *dir, cJSON *excludes, ngx_str_t *uri)
{
    u_char  *p;
    size_t   len;
    cJSON   *item;

    len = ngx_strlen(path) + ngx_http_sandbox_backup_escape(NULL, "dir", dir);

    cJSON_ArrayForEach(item, excludes) {
        len += ngx_http_sandbox_backup_escape(NULL, "exclude",
                                              item->valuestring);
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    uri->data = p;
    uri->len = len;

    p = ngx_cpymem(p, path, ngx_strlen(path));
    p += ngx_http_sandbox_backup_escape(p, "dir", dir);

    cJSON_ArrayForEach(item, excludes) {
        p += ngx_http_sandbox_backup_escape(p, "exclude", item->valuestring);
    }

    return NGX_OK;
}


/* the length of the argument, which is written unless p is NULL */

static size_t
ngx_http_sandbox_backup_escape(u_char *p, const char *name, const char *value)
{
    size_t  n, len, escapes;

    n = ngx_strlen(name);
    len = ngx_strlen(value);

    escapes = ngx_escape_uri(NULL, (u_char *) value, len, NGX_ESCAPE_ARGS);

    if (p) {
        *p++ = '&';
        p = ngx_cpymem(p, name, n);
        *p++ = '=';

        (void) ngx_escape_uri(p, (u_char *) value, len, NGX_ESCAPE_ARGS);
    }

    return n + 2 + len + 2 * escapes;
}


static ngx_int_t
ngx_http_sandbox_backup_invalid(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *error)
{
    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                               "INVALID_BACKUP_CONFIG", "%s", error);

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}


static ngx_int_t
ngx_http_sandbox_backup_missing(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_err_t err)
{
    if (err == NGX_ENOENT) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_NOT_FOUND,
                                   "BACKUP_NOT_FOUND",
                                   "Your key has no backup of this id. It may "
                                   "have expired. List yours: GET "
                                   "/v1/backup.");

    } else {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, err,
                      "cannot open a backup");

        ngx_http_sandbox_error_set(&ctx->failure,
                                   NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "BACKUP_RESTORE_FAILED",
                                   "The backup cannot be read. See nginx's "
                                   "error log for the cause.");
    }

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}
