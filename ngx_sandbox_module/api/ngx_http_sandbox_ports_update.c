
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_route.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_port.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_suspend.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_port_commands.h"
#include "sandbox/ngx_http_sandbox_tether_send.h"
#include "api/ngx_http_sandbox_auth.h"
#include "api/ngx_http_sandbox_create.h"
#include "api/ngx_http_sandbox_lookup.h"
#include "api/ngx_http_sandbox_ports_apply.h"
#include "api/ngx_http_sandbox_ports_update.h"

#include <sys/file.h>


/*
 * Serialized changes of the exposed ports of a sandbox; see ports_apply.c for
 * what is written.  Only the policy is written: the first preview that misses
 * the socket passes it to the agent.  The directory of policies is locked, so
 * that concurrent calls agree on a token; the lock is held for a few writes,
 * and acquiring it never blocks.
 */


#define NGX_HTTP_SANDBOX_PORTS_UPDATE_POLL     2
#define NGX_HTTP_SANDBOX_PORTS_UPDATE_TIMEOUT  5000
#define NGX_HTTP_SANDBOX_PORTS_UPDATE_TURN     8


static ngx_int_t ngx_http_sandbox_ports_update_poll(void *data);
static ngx_int_t ngx_http_sandbox_ports_update_try(
    ngx_http_sandbox_ports_update_t *e);
static ngx_int_t ngx_http_sandbox_ports_update_answer(
    ngx_http_sandbox_ports_update_t *e);
static ngx_int_t ngx_http_sandbox_ports_update_lock(
    ngx_http_sandbox_ports_update_t *e, int *lock);
static ngx_int_t ngx_http_sandbox_ports_update_owner(
    ngx_http_sandbox_ports_update_t *e);
static ngx_int_t ngx_http_sandbox_ports_update_remove(
    ngx_http_sandbox_ports_update_t *e);
static ngx_int_t ngx_http_sandbox_ports_update_remove_all(
    ngx_http_sandbox_ports_update_t *e);
static int ngx_http_sandbox_ports_update_revoke(
    ngx_http_sandbox_ports_update_t *e, in_port_t port);
static void ngx_http_sandbox_ports_update_cleanup(void *data);


ngx_http_sandbox_ports_update_t *
ngx_http_sandbox_ports_update_create(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t               *cln;
    ngx_http_sandbox_ports_update_t  *e;

    cln = ngx_pool_cleanup_add(r->pool,
                               sizeof(ngx_http_sandbox_ports_update_t));
    if (cln == NULL) {
        return NULL;
    }

    e = cln->data;
    ngx_memzero(e, sizeof(ngx_http_sandbox_ports_update_t));

    cln->handler = ngx_http_sandbox_ports_update_cleanup;

    e->request = r;
    e->ctx = ngx_http_sandbox_ctx_get(r);
    e->began = ngx_current_msec;
    e->tunnel = (e->ctx->route == SANDBOX_ROUTE_TUNNEL);

    return e;
}


ngx_int_t
ngx_http_sandbox_ports_update(ngx_http_sandbox_ports_update_t *e)
{
    ngx_int_t  rc;

    rc = ngx_http_sandbox_ports_update_poll(e);

    if (rc != NGX_AGAIN) {
        return rc;
    }

    return ngx_http_sandbox_suspend_poll(e->request,
                                         NGX_HTTP_SANDBOX_PORTS_UPDATE_POLL,
                                         ngx_http_sandbox_ports_update_poll, e);
}


static ngx_int_t
ngx_http_sandbox_ports_update_poll(void *data)
{
    ngx_http_sandbox_ports_update_t *e = data;

    if (ngx_http_sandbox_ports_update_try(e) == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    return ngx_http_sandbox_ports_update_answer(e);
}


/*
 * NGX_AGAIN: locked by another request, or more to do; otherwise the failure
 * or e->json is set
 */

static ngx_int_t
ngx_http_sandbox_ports_update_try(ngx_http_sandbox_ports_update_t *e)
{
    int                      lock;
    ngx_int_t                rc;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = e->ctx;
    lock = -1;

    /* look up again for each attempt: it may have been replaced meanwhile */

    rc = ngx_http_sandbox_ports_update_owner(e);

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_sandbox_ports_update_lock(e, &lock);

    if (rc == NGX_AGAIN) {

        if (ngx_current_msec - e->began
            < NGX_HTTP_SANDBOX_PORTS_UPDATE_TIMEOUT)
        {
            return NGX_AGAIN;
        }

        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "RESOURCE_BUSY",
                                   "The ports of this sandbox are being "
                                   "changed by another request. Try again.");
        ctx->failure.retry_after = 1;

        return NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        return rc;
    }

    sandbox_fault("expose.locked");

    if (e->op != NGX_HTTP_SANDBOX_PORTS_UNEXPOSE) {
        rc = ngx_http_sandbox_ports_apply(e);

    } else if (e->port) {
        rc = ngx_http_sandbox_ports_update_remove(e);

    } else {
        rc = ngx_http_sandbox_ports_update_remove_all(e);
    }

    (void) close(lock);

    return rc;
}


static ngx_int_t
ngx_http_sandbox_ports_update_answer(ngx_http_sandbox_ports_update_t *e)
{
    cJSON  *json;

    if (e->ctx->failure.status) {
        return ngx_http_sandbox_error_send(e->request, &e->ctx->failure);
    }

    if (e->tunnel && e->op == NGX_HTTP_SANDBOX_PORTS_UNEXPOSE) {
        return ngx_http_sandbox_response_empty(e->request);
    }

    json = e->json;
    e->json = NULL;

    return ngx_http_sandbox_response_json(e->request, NGX_HTTP_OK, json);
}


static ngx_int_t
ngx_http_sandbox_ports_update_owner(ngx_http_sandbox_ports_update_t *e)
{
    ngx_uint_t                  made;
    ngx_http_request_t         *r;
    ngx_http_sandbox_ctx_t     *ctx;
    ngx_http_sandbox_create_e   created;
    ngx_http_sandbox_lookup_e   found;

    r = e->request;
    ctx = e->ctx;

    for (made = 0; /* void */ ; made = 1) {

        found = ngx_http_sandbox_lookup(r, ctx);

        if (found == NGX_HTTP_SANDBOX_LOOKUP_OWN) {
            return NGX_OK;
        }

        if (found == NGX_HTTP_SANDBOX_LOOKUP_ERROR) {
            ngx_http_sandbox_error_set_internal(ctx);
            return NGX_DECLINED;
        }

        if (found == NGX_HTTP_SANDBOX_LOOKUP_FOREIGN
            || e->op != NGX_HTTP_SANDBOX_PORTS_EXPOSE || made)
        {
            return ngx_http_sandbox_error_refuse_absent(r, ctx);
        }

        if (ctx->class == NULL
            || !ngx_http_sandbox_auth_may_class(ctx, &ctx->class->name))
        {
            ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_FORBIDDEN,
                                       "PERMISSION_DENIED",
                                       "Sandbox not found, and your key may "
                                       "not create sandboxes of the default "
                                       "class. Create it with POST "
                                       "/v1/sandbox and a class that your key "
                                       "may use.");
            return NGX_DECLINED;
        }

        created = ngx_http_sandbox_create(r, ctx, "", NULL);

        if (created == NGX_HTTP_SANDBOX_CREATE_ERROR) {
            ngx_http_sandbox_error_set_internal(ctx);
            return NGX_DECLINED;
        }

        if (created == NGX_HTTP_SANDBOX_CREATE_REFUSED) {
            return NGX_DECLINED;
        }
    }
}


static ngx_int_t
ngx_http_sandbox_ports_update_lock(ngx_http_sandbox_ports_update_t *e,
    int *lock)
{
    int               fd;
    char              path[SANDBOX_ID_MAX + sizeof("/ports")];
    char             *id;
    sandbox_store_t  *store;

    store = ngx_http_sandbox_worker->store;
    id = (char *) e->ctx->node->id;

    (void) ngx_snprintf((u_char *) path, sizeof(path), "%s/ports%Z", id);

    fd = openat(sandbox_store_fd(store), path,
                O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);

    if (fd == -1) {
        if (ngx_errno == NGX_ENOENT) {
            return ngx_http_sandbox_error_refuse_absent(e->request, e->ctx);
        }

        goto failed;
    }

    if (flock(fd, LOCK_EX|LOCK_NB) == 0) {
        *lock = fd;
        return NGX_OK;
    }

    if (ngx_errno == NGX_EAGAIN || ngx_errno == NGX_EINTR) {
        (void) close(fd);
        return NGX_AGAIN;
    }

failed:

    ngx_log_error(NGX_LOG_ERR, e->request->connection->log, ngx_errno,
                  "cannot lock the ports of sandbox \"%s\"", id);

    if (fd != -1) {
        (void) close(fd);
    }

    ngx_http_sandbox_error_set_internal(e->ctx);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_sandbox_ports_update_remove(ngx_http_sandbox_ports_update_t *e)
{
    ngx_int_t              rc;
    ngx_uint_t             exposed;
    sandbox_json_writer_t  w;

    exposed = 1;

    if (ngx_http_sandbox_ports_update_revoke(e, e->port) == -1) {

        if (ngx_errno != NGX_ENOENT) {
            return ngx_http_sandbox_ports_update_failed(e, e->port, "removed");
        }

        exposed = 0;

        /* the sandbox may have been destroyed meanwhile */

        rc = ngx_http_sandbox_ports_update_owner(e);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (exposed) {
        ngx_http_sandbox_port_commands_tell(e->ctx->node, e->port, "", "");
    }

    sandbox_json_writer_start(&w);
    sandbox_json_writer_bool(&w, "success", 1);
    sandbox_json_writer_number(&w, "port", e->port);
    sandbox_json_writer_bool(&w, "wasExposed", exposed);

    e->json = sandbox_json_writer_finish(&w);

    return NGX_OK;
}


/* removes a port and closes all its connections */

static int
ngx_http_sandbox_ports_update_revoke(ngx_http_sandbox_ports_update_t *e,
    in_port_t port)
{
    ngx_http_sandbox_node_t  *node;

    node = e->ctx->node;

    ngx_http_sandbox_tether_send_unlisten(node, port);

    if (sandbox_store_port_remove(ngx_http_sandbox_worker->store,
                                  (char *) node->id, node->spec.run, port)
        == -1)
    {
        return -1;
    }

    sandbox_fault("expose.removed");

    ngx_http_sandbox_tether_send_unlisten(node, port);

    sandbox_fault("expose.cut");

    return 0;
}


/* each removal calls fsync(): return to the event loop after a few */

static ngx_int_t
ngx_http_sandbox_ports_update_remove_all(ngx_http_sandbox_ports_update_t *e)
{
    ssize_t                n;
    in_port_t              port;
    ngx_uint_t             last;
    sandbox_json_writer_t  w;

    if (e->ports == NULL) {

        e->ports = ngx_palloc(e->request->pool,
                              NGX_HTTP_SANDBOX_PORTS_MAX * sizeof(uint16_t));
        if (e->ports == NULL) {
            ngx_set_errno(NGX_ENOMEM);
            return ngx_http_sandbox_ports_update_failed(e, 0, "read");
        }

        n = sandbox_store_port_list(ngx_http_sandbox_worker->store,
                                    (char *) e->ctx->node->id, e->ports,
                                    NGX_HTTP_SANDBOX_PORTS_MAX);
        if (n == -1) {
            return ngx_http_sandbox_ports_update_failed(e, 0, "read");
        }

        e->nports = n;
    }

    last = ngx_min(e->nports, e->next + NGX_HTTP_SANDBOX_PORTS_UPDATE_TURN);

    while (e->next < last) {

        port = e->ports[e->next++];

        if (ngx_http_sandbox_ports_update_revoke(e, port) == -1) {

            if (ngx_errno == NGX_ENOENT) {
                continue;
            }

            return ngx_http_sandbox_ports_update_failed(e, port, "removed");
        }

        ngx_http_sandbox_port_commands_tell(e->ctx->node, port, "", "");

        e->removed++;
    }

    if (e->next < e->nports) {
        e->began = ngx_current_msec;
        return NGX_AGAIN;
    }

    sandbox_json_writer_start(&w);
    sandbox_json_writer_bool(&w, "success", 1);
    sandbox_json_writer_number(&w, "count", e->removed);

    e->json = sandbox_json_writer_finish(&w);

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_ports_update_failed(ngx_http_sandbox_ports_update_t *e,
    in_port_t port, const char *what)
{
    /* only the ports are locked: the sandbox may have been destroyed */

    if (ngx_errno == NGX_ENOENT) {
        return ngx_http_sandbox_error_refuse_absent(e->request, e->ctx);
    }

    ngx_log_error(NGX_LOG_ERR, e->request->connection->log, ngx_errno,
                  "port %ui of sandbox \"%s\" cannot be %s",
                  (ngx_uint_t) port, e->ctx->node->id, what);

    ngx_http_sandbox_error_set_internal(e->ctx);

    return NGX_DECLINED;
}


static void
ngx_http_sandbox_ports_update_cleanup(void *data)
{
    ngx_http_sandbox_ports_update_t  *e = data;

    cJSON_Delete(e->json);
    e->json = NULL;

    cJSON_Delete(e->body);
    e->body = NULL;
}
