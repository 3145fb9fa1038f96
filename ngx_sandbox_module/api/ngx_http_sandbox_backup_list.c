
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_backup.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store_backup.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_suspend.h"
#include "core/ngx_http_sandbox_thread.h"
#include "core/ngx_http_sandbox_worker.h"
#include "api/ngx_http_sandbox_backup_list.h"

#include <cjson/cJSON.h>


/* all files are read, and large ones deleted, by a thread */


typedef struct {
    int64_t                      created_ms;
    cJSON                       *json;
} ngx_http_sandbox_backup_list_entry_t;


typedef struct {
    ngx_http_sandbox_thread_t    thread;
    ngx_http_sandbox_suspend_t  *suspend;

    char                         owner[SANDBOX_OWNER_MAX + 1];
    char                         id[SANDBOX_BACKUP_ID_MAX + 1];

    /* of the thread */
    ngx_http_sandbox_backup_list_entry_t
                                 entries[SANDBOX_STORE_BACKUP_MAX];
    ngx_uint_t                   n;
    int64_t                      size;
    ngx_err_t                    err;
} ngx_http_sandbox_backup_list_t;


static ngx_int_t ngx_http_sandbox_backup_list_start(ngx_http_request_t *r,
    void (*run)(void *data), void (*done)(void *data));
static void ngx_http_sandbox_backup_list_run(void *data);
static int ngx_http_sandbox_backup_list_each(void *data,
    const sandbox_backup_t *b);
static cJSON *ngx_http_sandbox_backup_list_json(const sandbox_backup_t *b);
static void ngx_http_sandbox_backup_list_done(void *data);
static ngx_int_t ngx_http_sandbox_backup_list_answer(ngx_http_request_t *r,
    ngx_http_sandbox_backup_list_t *l);
static int ngx_libc_cdecl ngx_http_sandbox_backup_list_compare(
    const void *one, const void *two);
static void ngx_http_sandbox_backup_list_delete(void *data);
static void ngx_http_sandbox_backup_list_deleted(void *data);
static ngx_int_t ngx_http_sandbox_backup_list_error(ngx_http_request_t *r,
    ngx_err_t err);


ngx_int_t
ngx_http_sandbox_backup_list_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_backup_list_start(r,
                                         ngx_http_sandbox_backup_list_run,
                                         ngx_http_sandbox_backup_list_done);
}


ngx_int_t
ngx_http_sandbox_backup_list_delete_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_backup_list_start(r,
                                         ngx_http_sandbox_backup_list_delete,
                                         ngx_http_sandbox_backup_list_deleted);
}


static ngx_int_t
ngx_http_sandbox_backup_list_start(ngx_http_request_t *r,
    void (*run)(void *data), void (*done)(void *data))
{
    ngx_int_t                        rc;
    ngx_http_sandbox_ctx_t          *ctx;
    ngx_http_sandbox_backup_list_t  *l;

    ctx = ngx_http_sandbox_ctx_get(r);

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    l = ngx_calloc(sizeof(ngx_http_sandbox_backup_list_t),
                   r->connection->log);
    if (l == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) ngx_snprintf((u_char *) l->owner, sizeof(l->owner), "%V%Z",
                        &ctx->owner);
    (void) ngx_snprintf((u_char *) l->id, sizeof(l->id), "%V%Z", &ctx->link);

    l->suspend = ngx_http_sandbox_suspend(r);

    if (l->suspend == NULL) {
        ngx_free(l);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_sandbox_thread(&l->thread, run, done, l) != NGX_OK) {
        ngx_http_sandbox_suspend_cancel(l->suspend);
        ngx_free(l);
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return NGX_DONE;
}


static void
ngx_http_sandbox_backup_list_run(void *data)
{
    ngx_http_sandbox_backup_list_t *l = data;

    if (sandbox_store_backup_each(ngx_http_sandbox_worker->store, l->owner,
                                  ngx_http_sandbox_backup_list_each, l)
        == -1)
    {
        l->err = ngx_errno;
    }

    ngx_qsort(l->entries, l->n, sizeof(ngx_http_sandbox_backup_list_entry_t),
              ngx_http_sandbox_backup_list_compare);
}


static int
ngx_http_sandbox_backup_list_each(void *data, const sandbox_backup_t *b)
{
    ngx_http_sandbox_backup_list_t *l = data;

    ngx_http_sandbox_backup_list_entry_t  *e;

    if (l->n == SANDBOX_STORE_BACKUP_MAX) {
        return 1;
    }

    e = &l->entries[l->n++];

    e->created_ms = b->created_ms;
    e->json = ngx_http_sandbox_backup_list_json(b);

    l->size += b->size;

    return 0;
}


static cJSON *
ngx_http_sandbox_backup_list_json(const sandbox_backup_t *b)
{
    sandbox_json_writer_t  w;

    sandbox_json_writer_start(&w);
    sandbox_json_writer_string(&w, "id", b->id);

    if (b->name[0]) {
        sandbox_json_writer_string(&w, "name", b->name);
    }

    sandbox_json_writer_string(&w, "sandbox", b->sandbox);
    sandbox_json_writer_string(&w, "dir", b->dir);
    sandbox_json_writer_number(&w, "sizeBytes", (double) b->size);
    sandbox_json_writer_time(&w, "createdAt", b->created_ms);
    sandbox_json_writer_time(&w, "expiresAt", b->expires_ms);

    return sandbox_json_writer_finish(&w);
}


static void
ngx_http_sandbox_backup_list_done(void *data)
{
    ngx_http_sandbox_backup_list_t *l = data;

    ngx_int_t            rc;
    ngx_uint_t           i;
    ngx_http_request_t  *r;

    r = ngx_http_sandbox_suspend_resume(l->suspend);

    if (r == NULL) {

        for (i = 0; i < l->n; i++) {
            cJSON_Delete(l->entries[i].json);
        }

        ngx_free(l);
        return;
    }

    rc = ngx_http_sandbox_backup_list_answer(r, l);

    ngx_free(l);

    ngx_http_sandbox_suspend_finish(r, rc);
}


static ngx_int_t
ngx_http_sandbox_backup_list_answer(ngx_http_request_t *r,
    ngx_http_sandbox_backup_list_t *l)
{
    cJSON                  *json;
    ngx_uint_t              i;
    sandbox_json_writer_t   w;

    sandbox_json_writer_start(&w);
    sandbox_json_writer_array(&w, "backups");

    for (i = 0; i < l->n; i++) {
        sandbox_json_writer_item(&w, NULL, l->entries[i].json);
    }

    sandbox_json_writer_close(&w);
    sandbox_json_writer_number(&w, "usedBytes", (double) l->size);
    sandbox_json_writer_number(&w, "maxBytes",
                       (double) ngx_http_sandbox_worker->conf->backup_size);

    json = sandbox_json_writer_finish(&w);

    if (l->err) {
        cJSON_Delete(json);
        return ngx_http_sandbox_backup_list_error(r, l->err);
    }

    return ngx_http_sandbox_response_json(r, NGX_HTTP_OK, json);
}


/* the latest first */

static int ngx_libc_cdecl
ngx_http_sandbox_backup_list_compare(const void *one, const void *two)
{
    const ngx_http_sandbox_backup_list_entry_t *a = one;
    const ngx_http_sandbox_backup_list_entry_t *b = two;

    return (a->created_ms < b->created_ms) - (a->created_ms > b->created_ms);
}


ngx_int_t
ngx_http_sandbox_backup_list_show_handler(ngx_http_request_t *r)
{
    char                     id[SANDBOX_BACKUP_ID_MAX + 1];
    char                     owner[SANDBOX_OWNER_MAX + 1];
    ngx_int_t                rc;
    sandbox_backup_t         b;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    (void) ngx_snprintf((u_char *) owner, sizeof(owner), "%V%Z", &ctx->owner);
    (void) ngx_snprintf((u_char *) id, sizeof(id), "%V%Z", &ctx->link);

    if (sandbox_store_backup_open(ngx_http_sandbox_worker->store, owner, id,
                                  &b, NULL)
        == -1)
    {
        return ngx_http_sandbox_backup_list_error(r, ngx_errno);
    }

    return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                       ngx_http_sandbox_backup_list_json(&b));
}


static void
ngx_http_sandbox_backup_list_delete(void *data)
{
    ngx_http_sandbox_backup_list_t *l = data;

    if (sandbox_store_backup_delete(ngx_http_sandbox_worker->store, l->owner,
                                    l->id)
        == -1)
    {
        l->err = ngx_errno;
    }
}


static void
ngx_http_sandbox_backup_list_deleted(void *data)
{
    ngx_http_sandbox_backup_list_t *l = data;

    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = ngx_http_sandbox_suspend_resume(l->suspend);

    if (r) {
        rc = l->err ? ngx_http_sandbox_backup_list_error(r, l->err)
                    : ngx_http_sandbox_response_empty(r);

        ngx_http_sandbox_suspend_finish(r, rc);
    }

    ngx_free(l);
}


static ngx_int_t
ngx_http_sandbox_backup_list_error(ngx_http_request_t *r, ngx_err_t err)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (err == NGX_ENOENT) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_NOT_FOUND,
                                   "BACKUP_NOT_FOUND",
                                   "Your key has no backup of this id. It may "
                                   "have expired. List yours: GET "
                                   "/v1/backup.");

        return ngx_http_sandbox_error_send(r, &ctx->failure);
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, err,
                  "cannot read or delete a backup");

    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                               "INTERNAL_ERROR",
                               "The backup cannot be read or deleted. See "
                               "nginx's error log for the cause.");

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}
