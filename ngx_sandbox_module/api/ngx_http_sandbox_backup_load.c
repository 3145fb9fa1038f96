
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_backup.h"
#include "lib/sandbox_json_writer.h"
#include "core/ngx_http_sandbox_abort.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_thread.h"
#include "core/ngx_http_sandbox_worker.h"
#include "api/ngx_http_sandbox_backup_load.h"


/*
 * A filter between nginx's upstream and its socket: behind the header of the
 * request, it sends the file.  A thread reads into one buffer while the other
 * one is sent, and outlives the request.
 */


#define NGX_HTTP_SANDBOX_BACKUP_LOAD_BUFFER  131072


struct ngx_http_sandbox_backup_load_s {
    ngx_http_sandbox_thread_t        thread;
    ngx_http_request_t              *request;      /* NULL: it has ended */
    sandbox_backup_t                 backup;
    const char                      *dir;

    /* of the thread while it works */
    ngx_fd_t                         fd;
    u_char                          *buf[2];
    off_t                            offset;       /* of the next read */
    size_t                           n;            /* bytes of the last one */
    ngx_err_t                        err;

    /* what is being sent */
    off_t                            sent;
    ngx_buf_t                        out;
    ngx_chain_t                      chain;

    unsigned                         reading:1;    /* index into buf */
    unsigned                         working:1;
    unsigned                         ready:1;      /* the buffer is full */
    unsigned                         waiting:1;    /* the upstream is */
    unsigned                         stale:1;      /* read for another try */
};


static void ngx_http_sandbox_backup_load_cleanup(void *data);
static void ngx_http_sandbox_backup_load_free(
    ngx_http_sandbox_backup_load_t *load);
static ngx_int_t ngx_http_sandbox_backup_load_filter(void *data,
    ngx_chain_t *in);
static void ngx_http_sandbox_backup_load_restart(
    ngx_http_sandbox_backup_load_t *load);
static ngx_int_t ngx_http_sandbox_backup_load_next(
    ngx_http_sandbox_backup_load_t *load);
static void ngx_http_sandbox_backup_load_read(void *data);
static void ngx_http_sandbox_backup_load_done(void *data);
static void ngx_http_sandbox_backup_load_failed(
    ngx_http_sandbox_backup_load_t *load);


ngx_http_sandbox_backup_load_t *
ngx_http_sandbox_backup_load(ngx_http_request_t *r,
    const sandbox_backup_t *backup, const char *dir, ngx_fd_t fd)
{
    ngx_pool_cleanup_t              *cln;
    ngx_http_sandbox_backup_load_t  *load;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    load = ngx_calloc(sizeof(ngx_http_sandbox_backup_load_t)
                      + 2 * NGX_HTTP_SANDBOX_BACKUP_LOAD_BUFFER,
                      r->connection->log);

    if (cln == NULL || load == NULL) {
        ngx_free(load);
        (void) ngx_close_file(fd);
        return NULL;
    }

    load->request = r;
    load->backup = *backup;
    load->dir = dir;
    load->fd = fd;
    load->buf[0] = (u_char *) (load + 1);
    load->buf[1] = load->buf[0] + NGX_HTTP_SANDBOX_BACKUP_LOAD_BUFFER;
    load->out.memory = 1;
    load->chain.buf = &load->out;

    cln->handler = ngx_http_sandbox_backup_load_cleanup;
    cln->data = load;

    return load;
}


static void
ngx_http_sandbox_backup_load_cleanup(void *data)
{
    ngx_http_sandbox_backup_load_t *load = data;

    load->request = NULL;

    if (!load->working) {
        ngx_http_sandbox_backup_load_free(load);
    }
}


static void
ngx_http_sandbox_backup_load_free(ngx_http_sandbox_backup_load_t *load)
{
    (void) ngx_close_file(load->fd);

    ngx_free(load);
}


void
ngx_http_sandbox_backup_load_upstream(ngx_http_sandbox_backup_load_t *load)
{
    ngx_http_upstream_t  *u;

    u = load->request->upstream;

    u->output.output_filter = ngx_http_sandbox_backup_load_filter;
    u->output.filter_ctx = load;
}


/* each try of the upstream begins with the header of the request */

static ngx_int_t
ngx_http_sandbox_backup_load_filter(void *data, ngx_chain_t *in)
{
    ngx_http_sandbox_backup_load_t *load = data;

    ngx_int_t             rc;
    ngx_http_upstream_t  *u;

    u = load->request->upstream;

    load->waiting = 0;

    if (in) {
        ngx_http_sandbox_backup_load_restart(load);
    }

    for ( ;; ) {
        rc = ngx_chain_writer(&u->writer, in);

        if (rc != NGX_OK) {
            return rc;
        }

        if (load->sent == load->backup.size) {
            return NGX_OK;
        }

        if (!load->ready) {
            load->waiting = 1;

            rc = ngx_http_sandbox_backup_load_next(load);

            return rc == NGX_OK ? NGX_AGAIN : NGX_ERROR;
        }

        load->out.pos = load->buf[load->reading];
        load->out.last = load->out.pos + load->n;
        load->sent += load->n;

        in = &load->chain;

        load->ready = 0;
        load->reading = !load->reading;

        if (load->offset < load->backup.size
            && ngx_http_sandbox_backup_load_next(load) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }
}


static void
ngx_http_sandbox_backup_load_restart(ngx_http_sandbox_backup_load_t *load)
{
    load->sent = 0;
    load->ready = 0;

    if (load->working) {
        load->stale = 1;
        return;
    }

    load->offset = 0;
    load->err = 0;
}


static ngx_int_t
ngx_http_sandbox_backup_load_next(ngx_http_sandbox_backup_load_t *load)
{
    ngx_int_t  rc;

    if (load->working) {
        return NGX_OK;
    }

    rc = ngx_http_sandbox_thread(&load->thread,
                                 ngx_http_sandbox_backup_load_read,
                                 ngx_http_sandbox_backup_load_done, load);

    load->working = (rc == NGX_OK);

    return rc;
}


static void
ngx_http_sandbox_backup_load_read(void *data)
{
    ngx_http_sandbox_backup_load_t *load = data;

    size_t    size;
    ssize_t   n;

    size = ngx_min(NGX_HTTP_SANDBOX_BACKUP_LOAD_BUFFER,
                   load->backup.size - load->offset);

    for (load->n = 0; load->n < size; load->n += n) {

        n = pread(load->fd, load->buf[load->reading] + load->n,
                  size - load->n, load->offset + load->n);

        if (n == -1 && ngx_errno == NGX_EINTR) {
            n = 0;
            continue;
        }

        if (n <= 0) {

            /* it has become shorter */

            load->err = n ? ngx_errno : EIO;
            return;
        }
    }

    load->offset += load->n;
}


static void
ngx_http_sandbox_backup_load_done(void *data)
{
    ngx_http_sandbox_backup_load_t *load = data;

    ngx_connection_t     *c;
    ngx_http_request_t   *r;
    ngx_http_upstream_t  *u;

    load->working = 0;
    r = load->request;

    if (r == NULL) {
        ngx_http_sandbox_backup_load_free(load);
        return;
    }

    u = r->upstream;

    if (u == NULL || u->cleanup == NULL || u->peer.connection == NULL) {

        /* the agent has answered early, or has died */

        return;
    }

    if (load->err) {
        c = r->connection;

        ngx_http_set_log_request(c->log, r);
        ngx_http_sandbox_backup_load_failed(load);
        ngx_http_run_posted_requests(c);

        return;
    }

    if (load->stale) {
        load->stale = 0;
        load->offset = 0;

        if (load->waiting
            && ngx_http_sandbox_backup_load_next(load) == NGX_OK)
        {
            return;
        }

    } else {
        load->ready = 1;
    }

    /* between tries, the next one begins by itself */

    if (load->waiting && u->request_sent) {
        u->peer.connection->write->handler(u->peer.connection->write);
    }
}


static void
ngx_http_sandbox_backup_load_failed(ngx_http_sandbox_backup_load_t *load)
{
    ngx_int_t                rc;
    ngx_http_request_t      *r;
    ngx_http_sandbox_ctx_t  *ctx;

    r = load->request;
    ctx = ngx_http_sandbox_ctx_get(r);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, load->err,
                  "cannot read backup \"%s\"", load->backup.id);

    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                               "BACKUP_RESTORE_FAILED",
                               "The backup cannot be read. See nginx's error "
                               "log for the cause. The directory has not "
                               "changed.");

    ngx_http_sandbox_abort_upstream(r);

    r->read_event_handler = ngx_http_block_reading;

    ctx->own = 1;

    rc = ngx_http_sandbox_error_send(r, &ctx->failure);

    ngx_http_finalize_request(r, rc);
}


cJSON *
ngx_http_sandbox_backup_load_json(ngx_http_sandbox_backup_load_t *load)
{
    sandbox_json_writer_t  w;

    sandbox_json_writer_start(&w);
    sandbox_json_writer_bool(&w, "success", 1);
    sandbox_json_writer_string(&w, "dir", load->dir);
    sandbox_json_writer_string(&w, "id", load->backup.id);
    sandbox_json_writer_time(&w, "timestamp", ngx_http_sandbox_clock_now());

    return sandbox_json_writer_finish(&w);
}
