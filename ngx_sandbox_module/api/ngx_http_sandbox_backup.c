
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_backup.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store_backup.h"
#include "lib/sandbox_time.h"
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


#define NGX_HTTP_SANDBOX_BACKUP_EXCLUDES  256
/* bytes of all patterns: they have to fit into a request line */
#define NGX_HTTP_SANDBOX_BACKUP_PATTERNS  4096


static ngx_int_t ngx_http_sandbox_backup_create(ngx_http_request_t *r,
    cJSON *json);
static ngx_int_t ngx_http_sandbox_backup_restore(ngx_http_request_t *r,
    cJSON *json);
static const char *ngx_http_sandbox_backup_parse(cJSON *json,
    sandbox_backup_t *b);
static const char *ngx_http_sandbox_backup_parse_id(cJSON *json,
    char id[SANDBOX_BACKUP_ID_MAX + 1]);
static const char *ngx_http_sandbox_backup_parse_dir(cJSON *json,
    const char **dir);
static const char *ngx_http_sandbox_backup_parse_options(cJSON *json);
static const char *ngx_http_sandbox_backup_parse_excludes(cJSON *excludes);
static ngx_int_t ngx_http_sandbox_backup_uri(ngx_http_request_t *r,
    const char *path, const char *dir, cJSON *excludes, ngx_str_t *uri);
static size_t ngx_http_sandbox_backup_escape(u_char *p, const char *name,
    const char *value);
static ngx_int_t ngx_http_sandbox_backup_invalid(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *error);
static ngx_int_t ngx_http_sandbox_backup_missing(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_err_t err);


ngx_int_t
ngx_http_sandbox_backup_create_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_json_body(r, ngx_http_sandbox_backup_create);
}


ngx_int_t
ngx_http_sandbox_backup_restore_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_json_body(r, ngx_http_sandbox_backup_restore);
}


static ngx_int_t
ngx_http_sandbox_backup_create(ngx_http_request_t *r, cJSON *json)
{
    cJSON                      *excludes;
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

    ngx_memzero(&b, sizeof(sandbox_backup_t));

    error = ngx_http_sandbox_backup_parse(json, &b);

    excludes = json ? cJSON_GetObjectItemCaseSensitive(json, "excludes") : NULL;

    if (error == NULL) {
        error = ngx_http_sandbox_backup_parse_excludes(excludes);
    }

    if (error) {
        return ngx_http_sandbox_backup_invalid(r, ctx, error);
    }

    if (b.id[0] == '\0' && sandbox_backup_uuid(b.id) == -1) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      "cannot generate the id of a backup");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) ngx_snprintf((u_char *) b.sandbox, sizeof(b.sandbox), "%V%Z",
                        &ctx->id);

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

    dir = NULL;

    error = ngx_http_sandbox_backup_parse_id(json, id);

    if (error == NULL && id[0] == '\0') {
        error = "\"archivePath\" or \"id\" is required: what "
                "api/backup/create has returned.";
    }

    if (error == NULL) {
        error = ngx_http_sandbox_backup_parse_dir(json, &dir);
    }

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


/* the id may be missing; NULL, or an error message */

static const char *
ngx_http_sandbox_backup_parse(cJSON *json, sandbox_backup_t *b)
{
    int64_t      ttl;
    cJSON       *item;
    const char  *error, *value;

    value = NULL;

    error = ngx_http_sandbox_backup_parse_id(json, b->id);

    if (error == NULL) {
        error = ngx_http_sandbox_backup_parse_dir(json, &value);
    }

    if (error == NULL && value == NULL) {
        error = "\"dir\" is required: the directory of the backup.";
    }

    if (error == NULL) {
        (void) ngx_cpystrn((u_char *) b->dir, (u_char *) value,
                           sizeof(b->dir));

        error = ngx_http_sandbox_backup_parse_options(json);
    }

    if (error) {
        return error;
    }

    if (ngx_http_sandbox_json_body_string(json, "name",
                                          SANDBOX_BACKUP_NAME_MAX, &value)
        != NGX_OK
        || (value
            && ngx_utf8_length((u_char *) value, ngx_strlen(value)) > 256))
    {
        return "\"name\" must be a string of at most 256 characters, without "
               "control characters.";
    }

    if (value) {
        (void) ngx_cpystrn((u_char *) b->name, (u_char *) value,
                           sizeof(b->name));
    }

    ttl = SANDBOX_BACKUP_TTL;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, "ttl") : NULL;

    if (item && !cJSON_IsNull(item)) {
        ttl = sandbox_time_duration(item);
    }

    if (ttl == -1) {
        return "\"ttl\" must be a number of seconds, or a string such as "
               "\"12h\" or \"30d\", from 1 second to 366 days.";
    }

    b->created_ms = ngx_http_sandbox_clock_now();
    b->expires_ms = ngx_http_sandbox_clock_late() + ttl;

    return NULL;
}


/* "": there is none */

static const char *
ngx_http_sandbox_backup_parse_id(cJSON *json,
    char id[SANDBOX_BACKUP_ID_MAX + 1])
{
    const char      *path, *value;
    sandbox_text_t   text;

    id[0] = '\0';

    if (ngx_http_sandbox_json_body_string(json, "archivePath",
                                          SANDBOX_BACKUP_PATH_MAX, &path)
        != NGX_OK
        || (path
            && !sandbox_backup_path_parse(path, ngx_strlen(path), &text)))
    {
        return "\"archivePath\" must be /var/backups/<id>.sqsh, where the id "
               "has 1 to 128 of the characters A-Z, a-z, 0-9, \".\", \"_\" "
               "and \"-\", does not begin with \".\" and has no \"..\".";
    }

    if (path) {
        (void) ngx_snprintf((u_char *) id, SANDBOX_BACKUP_ID_MAX + 1, "%*s%Z",
                            text.len, text.data);
    }

    if (ngx_http_sandbox_json_body_string(json, "id", SANDBOX_BACKUP_ID_MAX,
                                          &value)
        != NGX_OK
        || (value && !sandbox_backup_id_valid(value, ngx_strlen(value))))
    {
        return "\"id\" must have 1 to 128 of the characters A-Z, a-z, 0-9, "
               "\".\", \"_\" and \"-\", not begin with \".\" and have no "
               "\"..\".";
    }

    if (path && value && ngx_strcmp(id, value) != 0) {
        return "\"archivePath\" and \"id\" name different backups. Send one "
               "of them.";
    }

    if (value) {
        (void) ngx_cpystrn((u_char *) id, (u_char *) value,
                           SANDBOX_BACKUP_ID_MAX + 1);
    }

    return NULL;
}


/* NULL: there is none */

static const char *
ngx_http_sandbox_backup_parse_dir(cJSON *json, const char **dir)
{
    if (ngx_http_sandbox_json_body_string(json, "dir", SANDBOX_BACKUP_PATH_MAX,
                                          dir)
        != NGX_OK
        || (*dir && !sandbox_backup_target_valid(*dir, ngx_strlen(*dir))))
    {
        return "\"dir\" must be /workspace, /home, /tmp, /var/tmp, /app or a "
               "directory below one of them, without \"..\".";
    }

    return NULL;
}


/* archives are neither compressed nor made by several threads */

static const char *
ngx_http_sandbox_backup_parse_options(cJSON *json)
{
    cJSON       *item, *threads;
    const char  *format;

    item = cJSON_GetObjectItemCaseSensitive(json, "gitignore");

    if (item && !cJSON_IsNull(item) && !cJSON_IsBool(item)) {
        return "\"gitignore\" must be true or false.";
    }

    item = cJSON_GetObjectItemCaseSensitive(json, "compression");

    if (item == NULL || cJSON_IsNull(item)) {
        return NULL;
    }

    if (!cJSON_IsObject(item)
        || ngx_http_sandbox_json_body_string(item, "format", 8, &format)
           != NGX_OK
        || (format && ngx_strcmp(format, "gzip") != 0
            && ngx_strcmp(format, "lz4") != 0
            && ngx_strcmp(format, "zstd") != 0))
    {
        return "\"compression\" must be an object; its \"format\" may be "
               "\"gzip\", \"lz4\" or \"zstd\".";
    }

    threads = cJSON_GetObjectItemCaseSensitive(item, "threads");

    if (threads && !cJSON_IsNull(threads)
        && (!cJSON_IsNumber(threads) || threads->valuedouble < 1))
    {
        return "\"threads\" of \"compression\" must be a positive number.";
    }

    return NULL;
}


static const char *
ngx_http_sandbox_backup_parse_excludes(cJSON *excludes)
{
    u_char      *p;
    size_t       len;
    cJSON       *item;
    ngx_uint_t   n;

    if (excludes == NULL || cJSON_IsNull(excludes)) {
        return NULL;
    }

    n = 0;
    len = 0;

    if (!cJSON_IsArray(excludes)) {
        goto invalid;
    }

    cJSON_ArrayForEach(item, excludes) {

        if (!cJSON_IsString(item) || item->valuestring == NULL) {
            goto invalid;
        }

        p = (u_char *) item->valuestring;

        n++;
        len += ngx_strlen(p);

        while (*p) {
            if (*p++ < 0x20) {
                goto invalid;
            }
        }
    }

    if (n <= NGX_HTTP_SANDBOX_BACKUP_EXCLUDES
        && len <= NGX_HTTP_SANDBOX_BACKUP_PATTERNS)
    {
        return NULL;
    }

invalid:

    return "\"excludes\" must be an array of at most 256 patterns with 4096 "
           "bytes together, without control characters.";
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
