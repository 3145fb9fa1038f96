
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_backup.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store_backup.h"
#include "core/ngx_http_sandbox_abort.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_start_type.h"
#include "core/ngx_http_sandbox_suspend.h"
#include "core/ngx_http_sandbox_thread.h"
#include "core/ngx_http_sandbox_worker.h"
#include "api/ngx_http_sandbox_backup_save.h"


/*
 * The body of the agent's response is copied into one buffer while a thread
 * writes the other one.  What does not fit stays with nginx's upstream, which
 * reads no more from the agent meanwhile.  The thread's work outlives the
 * request.
 */


#define NGX_HTTP_SANDBOX_BACKUP_SAVE_BUFFER  131072


struct ngx_http_sandbox_backup_save_s {
    ngx_http_sandbox_thread_t        thread;
    ngx_http_request_t              *request;      /* NULL: it has ended */
    sandbox_backup_t                 backup;

    /* of the thread while it works */
    sandbox_store_backup_t           store;
    u_char                          *work;
    size_t                           nwork;
    ngx_err_t                        err;

    u_char                          *fill;
    size_t                           nfill;
    ngx_chain_t                     *in;           /* not yet copied */

    unsigned                         working:1;
    unsigned                         active:1;
    unsigned                         last:1;       /* all has been received */
    unsigned                         committed:1;
};


static void ngx_http_sandbox_backup_save_cleanup(void *data);
static void ngx_http_sandbox_backup_save_free(
    ngx_http_sandbox_backup_save_t *save);
static void ngx_http_sandbox_backup_save_copy(
    ngx_http_sandbox_backup_save_t *save);
static ngx_int_t ngx_http_sandbox_backup_save_next(
    ngx_http_sandbox_backup_save_t *save);
static void ngx_http_sandbox_backup_save_write(void *data);
static void ngx_http_sandbox_backup_save_written(void *data);
static void ngx_http_sandbox_backup_save_commit(void *data);
static void ngx_http_sandbox_backup_save_committed(void *data);
static void ngx_http_sandbox_backup_save_abort(void *data);
static void ngx_http_sandbox_backup_save_aborted(void *data);
static ngx_int_t ngx_http_sandbox_backup_save_answer(ngx_http_request_t *r,
    ngx_http_sandbox_backup_save_t *save);
static void ngx_http_sandbox_backup_save_failed(
    ngx_http_sandbox_backup_save_t *save);
static void ngx_http_sandbox_backup_save_error(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_err_t err);


ngx_http_sandbox_backup_save_t *
ngx_http_sandbox_backup_save(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const sandbox_backup_t *backup)
{
    char                             owner[SANDBOX_OWNER_MAX + 1];
    ngx_pool_cleanup_t              *cln;
    ngx_http_sandbox_worker_t       *w;
    ngx_http_sandbox_backup_save_t  *save;

    w = ngx_http_sandbox_worker;

    (void) ngx_snprintf((u_char *) owner, sizeof(owner), "%V%Z", &ctx->owner);

    cln = ngx_pool_cleanup_add(r->pool, 0);
    save = ngx_calloc(sizeof(ngx_http_sandbox_backup_save_t)
                      + 2 * NGX_HTTP_SANDBOX_BACKUP_SAVE_BUFFER,
                      r->connection->log);

    if (cln == NULL || save == NULL) {
        ngx_http_sandbox_backup_save_error(r, ctx, NGX_ENOMEM);
        ngx_free(save);
        return NULL;
    }

    if (sandbox_store_backup_create(w->store, owner, backup->id,
                                    w->conf->backup_size, &save->store)
        == -1)
    {
        ngx_http_sandbox_backup_save_error(r, ctx, ngx_errno);
        ngx_free(save);
        return NULL;
    }

    save->request = r;
    save->backup = *backup;
    save->work = (u_char *) (save + 1);
    save->fill = save->work + NGX_HTTP_SANDBOX_BACKUP_SAVE_BUFFER;

    cln->handler = ngx_http_sandbox_backup_save_cleanup;
    cln->data = save;

    return save;
}


static void
ngx_http_sandbox_backup_save_cleanup(void *data)
{
    ngx_http_sandbox_backup_save_t *save = data;

    save->request = NULL;

    if (!save->working) {
        ngx_http_sandbox_backup_save_free(save);
    }
}


/* the request has ended, and no thread works */

static void
ngx_http_sandbox_backup_save_free(ngx_http_sandbox_backup_save_t *save)
{
    if (save->committed) {
        ngx_free(save);
        return;
    }

    if (ngx_http_sandbox_worker
        && ngx_http_sandbox_thread(&save->thread,
                                   ngx_http_sandbox_backup_save_abort,
                                   ngx_http_sandbox_backup_save_aborted, save)
           == NGX_OK)
    {
        return;
    }

    /* the worker exits, or its threads are all busy: do it here */

    ngx_http_sandbox_backup_save_abort(save);
    ngx_http_sandbox_backup_save_aborted(save);
}


void
ngx_http_sandbox_backup_save_begin(ngx_http_sandbox_backup_save_t *save)
{
    save->active = 1;
}


ngx_uint_t
ngx_http_sandbox_backup_save_active(ngx_http_sandbox_backup_save_t *save)
{
    return save->active;
}


void
ngx_http_sandbox_backup_save_end(ngx_http_sandbox_backup_save_t *save)
{
    save->active = 0;
}


ngx_int_t
ngx_http_sandbox_backup_save_body(ngx_http_sandbox_backup_save_t *save,
    ngx_chain_t *in)
{
    ngx_chain_t         *cl;
    ngx_http_request_t  *r;

    r = save->request;

    for (cl = in; cl; cl = cl->next) {
        save->last |= cl->buf->last_buf;
    }

    if (ngx_chain_add_copy(r->pool, &save->in, in) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_sandbox_backup_save_copy(save);

    if (!save->working && ngx_http_sandbox_backup_save_next(save) != NGX_OK) {
        return NGX_ERROR;
    }

    if (save->last) {

        /* nginx's upstream is done with the request */

        ngx_http_sandbox_suspend_watch_client(r);

        return NGX_DONE;
    }

    return save->in ? NGX_AGAIN : NGX_OK;
}


static void
ngx_http_sandbox_backup_save_copy(ngx_http_sandbox_backup_save_t *save)
{
    size_t        n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    while ((cl = save->in) != NULL) {
        b = cl->buf;

        if (ngx_buf_in_memory(b)) {
            n = ngx_min((size_t) (b->last - b->pos),
                        NGX_HTTP_SANDBOX_BACKUP_SAVE_BUFFER - save->nfill);

            ngx_memcpy(save->fill + save->nfill, b->pos, n);

            save->nfill += n;
            b->pos += n;

            if (b->pos != b->last) {
                return;
            }
        }

        save->in = cl->next;
        ngx_free_chain(save->request->pool, cl);
    }
}


/* no thread works */

static ngx_int_t
ngx_http_sandbox_backup_save_next(ngx_http_sandbox_backup_save_t *save)
{
    u_char     *p;
    ngx_int_t   rc;

    if (save->nfill == NGX_HTTP_SANDBOX_BACKUP_SAVE_BUFFER
        || (save->nfill && save->last))
    {
        p = save->work;
        save->work = save->fill;
        save->nwork = save->nfill;
        save->fill = p;
        save->nfill = 0;

        rc = ngx_http_sandbox_thread(&save->thread,
                                     ngx_http_sandbox_backup_save_write,
                                     ngx_http_sandbox_backup_save_written,
                                     save);

    } else if (save->last) {
        rc = ngx_http_sandbox_thread(&save->thread,
                                     ngx_http_sandbox_backup_save_commit,
                                     ngx_http_sandbox_backup_save_committed,
                                     save);

    } else {
        return NGX_OK;
    }

    save->working = (rc == NGX_OK);

    return rc;
}


static void
ngx_http_sandbox_backup_save_write(void *data)
{
    ngx_http_sandbox_backup_save_t *save = data;

    if (sandbox_store_backup_write(&save->store, save->work, save->nwork)
        == -1)
    {
        save->err = ngx_errno;
    }
}


static void
ngx_http_sandbox_backup_save_written(void *data)
{
    ngx_http_sandbox_backup_save_t *save = data;

    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    save->working = 0;
    r = save->request;

    if (r == NULL) {
        ngx_http_sandbox_backup_save_free(save);
        return;
    }

    if (!save->active) {

        /* the response has failed, and its error is being sent */

        return;
    }

    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (save->err == 0) {
        ngx_http_sandbox_backup_save_copy(save);

        rc = ngx_http_sandbox_backup_save_next(save);

        if (rc != NGX_OK) {
            save->err = NGX_EAGAIN;
        }
    }

    if (save->err) {
        ngx_http_sandbox_backup_save_failed(save);

    } else if (!save->last) {

        /* nginx's upstream goes on to read */

        r->write_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sandbox_backup_save_commit(void *data)
{
    ngx_http_sandbox_backup_save_t *save = data;

    if (sandbox_store_backup_commit(&save->store, &save->backup) == -1) {
        save->err = ngx_errno;
    }
}


static void
ngx_http_sandbox_backup_save_committed(void *data)
{
    ngx_http_sandbox_backup_save_t *save = data;

    ngx_http_request_t  *r;

    save->working = 0;
    save->committed = 1;
    r = save->request;

    if (r == NULL) {

        /* its client has left, and knows no id: but it may list them */

        ngx_http_sandbox_backup_save_free(save);
        return;
    }

    ngx_http_set_log_request(r->connection->log, r);

    if (save->err) {
        ngx_http_sandbox_backup_save_failed(save);
        ngx_http_run_posted_requests(r->connection);
        return;
    }

    save->active = 0;

    ngx_http_sandbox_suspend_finish(r,
                                    ngx_http_sandbox_backup_save_answer(r,
                                                                        save));
}


static void
ngx_http_sandbox_backup_save_abort(void *data)
{
    ngx_http_sandbox_backup_save_t *save = data;

    sandbox_store_backup_abort(&save->store);
}


static void
ngx_http_sandbox_backup_save_aborted(void *data)
{
    ngx_free(data);
}


static ngx_int_t
ngx_http_sandbox_backup_save_answer(ngx_http_request_t *r,
    ngx_http_sandbox_backup_save_t *save)
{
    u_char                   path[sizeof("/var/backups/.sqsh")
                                  + SANDBOX_BACKUP_ID_MAX];
    sandbox_backup_t        *b;
    sandbox_json_writer_t    w;
    ngx_http_sandbox_ctx_t  *ctx;

    b = &save->backup;

    ctx = ngx_http_sandbox_ctx_get(r);
    ctx->own = 1;

    if (ctx->start
        && ngx_http_sandbox_response_header(r, "Sandbox-Start",
                                ngx_http_sandbox_start_type_name(ctx->start))
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) ngx_snprintf(path, sizeof(path), "/var/backups/%s.sqsh%Z", b->id);

    sandbox_json_writer_start(&w);
    sandbox_json_writer_bool(&w, "success", 1);
    sandbox_json_writer_string(&w, "id", b->id);
    sandbox_json_writer_string(&w, "dir", b->dir);

    if (b->name[0]) {
        sandbox_json_writer_string(&w, "name", b->name);
    }

    sandbox_json_writer_number(&w, "sizeBytes", (double) b->size);
    sandbox_json_writer_string(&w, "archivePath", (char *) path);
    sandbox_json_writer_string(&w, "compression", "none");
    sandbox_json_writer_time(&w, "expiresAt", b->expires_ms);
    sandbox_json_writer_time(&w, "timestamp", ngx_http_sandbox_clock_now());

    return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                          sandbox_json_writer_finish(&w));
}


/* ends the exchange with the agent, if that goes on */

static void
ngx_http_sandbox_backup_save_failed(ngx_http_sandbox_backup_save_t *save)
{
    ngx_int_t                rc;
    ngx_http_request_t      *r;
    ngx_http_sandbox_ctx_t  *ctx;

    r = save->request;
    ctx = ngx_http_sandbox_ctx_get(r);

    save->active = 0;

    ngx_http_sandbox_backup_save_error(r, ctx, save->err);

    ngx_http_sandbox_abort_upstream(r);

    r->read_event_handler = ngx_http_block_reading;

    ctx->own = 1;

    rc = ngx_http_sandbox_error_send(r, &ctx->failure);

    ngx_http_finalize_request(r, rc);
}


static void
ngx_http_sandbox_backup_save_error(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_err_t err)
{
    switch (err) {

    case NGX_EEXIST:
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "INVALID_BACKUP_CONFIG",
                                   "Your key has a backup of this id. Choose "
                                   "another id, or send none to have one "
                                   "generated.");
        return;

    case EDQUOT:
        ngx_http_sandbox_error_set(&ctx->failure,
                                   NGX_HTTP_INSUFFICIENT_STORAGE,
                                   "BACKUP_CREATE_FAILED",
                                   "The backups of your key may have %O bytes "
                                   "together (sandbox_backup_size). Delete "
                                   "some, or exclude files.",
                                   ngx_http_sandbox_worker->conf->backup_size);
        return;

    case NGX_EMLINK:
        ngx_http_sandbox_error_set(&ctx->failure,
                                   NGX_HTTP_INSUFFICIENT_STORAGE,
                                   "BACKUP_CREATE_FAILED",
                                   "Your key has %d backups, and may not have "
                                   "more. Delete some.",
                                   SANDBOX_STORE_BACKUP_MAX);
        return;

    case NGX_ENOSPC:
        ngx_log_error(NGX_LOG_ERR, r->connection->log, err,
                      "cannot write a backup");

        ngx_http_sandbox_error_set(&ctx->failure,
                                   NGX_HTTP_INSUFFICIENT_STORAGE,
                                   "BACKUP_CREATE_FAILED",
                                   "The disk with the sandbox state is full. "
                                   "Delete backups, or tell the "
                                   "administrator.");
        return;

    case NGX_EBUSY:
        ngx_http_sandbox_error_set(&ctx->failure,
                                   NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "BACKUP_CREATE_FAILED",
                                   "Your key is creating %d backups already. "
                                   "Try again when one is complete.",
                                   SANDBOX_STORE_BACKUP_WRITING);
        ctx->failure.retry_after = 5;
        return;

    default:
        ngx_log_error(NGX_LOG_ERR, r->connection->log, err,
                      "cannot write a backup");

        ngx_http_sandbox_error_set(&ctx->failure,
                                   NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "BACKUP_CREATE_FAILED",
                                   "The backup cannot be written. See "
                                   "nginx's error log for the cause.");
    }
}
