
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_query.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_suspend.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "lifecycle/ngx_http_sandbox_state.h"
#include "api/ngx_http_sandbox_auth.h"
#include "api/ngx_http_sandbox_list.h"


/*
 * GET /v1/sandbox.  All names are read in a single pass over the directory.
 * Owner and state are looked up in small batches, returning to the event loop
 * in between, and for no more sandboxes than a page may examine.
 */


#define NGX_HTTP_SANDBOX_LIST_LIMIT   1000      /* maximum "limit" */
#define NGX_HTTP_SANDBOX_LIST_LOOK    4000  /* maximum ids examined per page */
#define NGX_HTTP_SANDBOX_LIST_TURN    50  /* per iteration of the event loop */


typedef struct {
    char                          text[SANDBOX_ID_MAX + 1];
} ngx_http_sandbox_list_id_t;


typedef struct {
    ngx_http_request_t           *request;
    ngx_array_t                   ids;   /* ngx_http_sandbox_list_id_t */
    char                          after[SANDBOX_ID_MAX + 1];
    ngx_uint_t                    limit;
    ngx_uint_t                    next;  /* index into ids */
    ngx_uint_t                    found;
    sandbox_json_writer_t         json;
    unsigned                      failed:1;
} ngx_http_sandbox_list_t;


static ngx_int_t ngx_http_sandbox_list_args(ngx_http_request_t *r,
    ngx_http_sandbox_list_t *l);
static int ngx_http_sandbox_list_each(void *data, const char *id);
static int ngx_libc_cdecl ngx_http_sandbox_list_compare(const void *one,
    const void *two);
static ngx_int_t ngx_http_sandbox_list_poll(void *data);
static ngx_int_t ngx_http_sandbox_list_turn(ngx_http_sandbox_list_t *l);
static void ngx_http_sandbox_list_add(ngx_http_sandbox_list_t *l,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_node_t *node);
static void ngx_http_sandbox_list_cleanup(void *data);


ngx_int_t
ngx_http_sandbox_list_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_pool_cleanup_t       *cln;
    ngx_http_sandbox_ctx_t   *ctx;
    ngx_http_sandbox_list_t  *l;

    ctx = ngx_http_sandbox_ctx_get(r);

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_sandbox_list_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    l = cln->data;
    ngx_memzero(l, sizeof(ngx_http_sandbox_list_t));

    cln->handler = ngx_http_sandbox_list_cleanup;

    l->request = r;
    l->limit = NGX_HTTP_SANDBOX_LIST_LIMIT;

    if (ngx_http_sandbox_list_args(r, l) != NGX_OK) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "\"limit\" must be a number from 1 to %d, "
                                   "and \"after\" a sandbox id: the \"next\" "
                                   "of the previous page.",
                                   NGX_HTTP_SANDBOX_LIST_LIMIT);

        return ngx_http_sandbox_error_send(r, &ctx->failure);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_array_init(&l->ids, r->pool, 64,
                       sizeof(ngx_http_sandbox_list_id_t))
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (sandbox_store_each(ngx_http_sandbox_worker->store,
                           ngx_http_sandbox_list_each, l)
        == -1
        || l->failed)
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      "cannot list the state directory");

        return ngx_http_sandbox_error_send_internal(r, ctx);
    }

    ngx_qsort(l->ids.elts, l->ids.nelts, sizeof(ngx_http_sandbox_list_id_t),
              ngx_http_sandbox_list_compare);

    sandbox_json_writer_start(&l->json);
    sandbox_json_writer_array(&l->json, "sandboxes");

    rc = ngx_http_sandbox_list_poll(l);

    if (rc != NGX_AGAIN) {
        return rc;
    }

    return ngx_http_sandbox_suspend_poll(r, 1, ngx_http_sandbox_list_poll, l);
}


static ngx_int_t
ngx_http_sandbox_list_poll(void *data)
{
    ngx_http_sandbox_list_t *l = data;

    switch (ngx_http_sandbox_list_turn(l)) {

    case NGX_OK:
        return ngx_http_sandbox_response_json(l->request, NGX_HTTP_OK,
                                        sandbox_json_writer_finish(&l->json));

    case NGX_AGAIN:
        return NGX_AGAIN;

    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


static ngx_int_t
ngx_http_sandbox_list_args(ngx_http_request_t *r, ngx_http_sandbox_list_t *l)
{
    int                  n;
    char                 buf[SANDBOX_ID_MAX + 1];
    ngx_int_t            limit;
    const char          *pos, *end;
    sandbox_query_arg_t  arg;

    if (r->args.len == 0) {
        return NGX_OK;
    }

    pos = (char *) r->args.data;
    end = pos + r->args.len;

    while (sandbox_query_next(&pos, end, &arg)) {

        n = sandbox_query_value(&arg, buf, SANDBOX_ID_MAX);

        if (arg.end - arg.start >= 6
            && ngx_memcmp(arg.start, "limit=", 6) == 0)
        {
            limit = (n > 0) ? ngx_atoi((u_char *) buf, n) : NGX_ERROR;

            if (limit < 1 || limit > NGX_HTTP_SANDBOX_LIST_LIMIT) {
                return NGX_DECLINED;
            }

            l->limit = limit;
        }

        if (arg.end - arg.start >= 6
            && ngx_memcmp(arg.start, "after=", 6) == 0)
        {
            if (n <= 0 || !sandbox_name_id_valid(buf, n)) {
                return NGX_DECLINED;
            }

            ngx_memcpy(l->after, buf, n);
            l->after[n] = '\0';
        }
    }

    return NGX_OK;
}


static int
ngx_http_sandbox_list_each(void *data, const char *id)
{
    ngx_http_sandbox_list_t *l = data;

    ngx_http_sandbox_list_id_t  *e;

    if (ngx_strcmp(id, l->after) <= 0) {
        return 0;
    }

    e = ngx_array_push(&l->ids);
    if (e == NULL) {
        l->failed = 1;
        return 1;
    }

    (void) ngx_cpystrn((u_char *) e->text, (u_char *) id, sizeof(e->text));

    return 0;
}


static int ngx_libc_cdecl
ngx_http_sandbox_list_compare(const void *one, const void *two)
{
    const ngx_http_sandbox_list_id_t *a = one;
    const ngx_http_sandbox_list_id_t *b = two;

    return ngx_strcmp(a->text, b->text);
}


/* NGX_OK: the page is complete; NGX_AGAIN: more to examine */

static ngx_int_t
ngx_http_sandbox_list_turn(ngx_http_sandbox_list_t *l)
{
    ngx_str_t                    id;
    ngx_uint_t                   n;
    ngx_http_sandbox_ctx_t      *ctx;
    ngx_http_sandbox_node_t     *node;
    ngx_http_sandbox_list_id_t  *ids;

    ctx = ngx_http_sandbox_ctx_get(l->request);
    ids = l->ids.elts;

    for (n = 0; l->next < l->ids.nelts; n++) {

        if (l->found == l->limit || l->next == NGX_HTTP_SANDBOX_LIST_LOOK) {

            /* the page ends after the last id examined */

            sandbox_json_writer_close(&l->json);
            sandbox_json_writer_string(&l->json, "next", ids[l->next - 1].text);

            return NGX_OK;
        }

        if (n == NGX_HTTP_SANDBOX_LIST_TURN) {
            return NGX_AGAIN;
        }

        id.data = (u_char *) ids[l->next].text;
        id.len = ngx_strlen(id.data);

        l->next++;

        node = ngx_http_sandbox_node_hold(&id);
        if (node == NULL) {
            return NGX_ERROR;
        }

        if (ngx_http_sandbox_node_spec(node) == NGX_OK
            && ngx_http_sandbox_auth_owns(ctx, node->spec.owner))
        {
            l->found++;
            ngx_http_sandbox_list_add(l, ctx, node);
        }

        ngx_http_sandbox_node_release(node);
    }

    sandbox_json_writer_close(&l->json);

    return NGX_OK;
}


static void
ngx_http_sandbox_list_add(ngx_http_sandbox_list_t *l,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_node_t *node)
{
    ngx_uint_t                        tethered;
    sandbox_spec_t                   *spec;
    sandbox_json_writer_t            *w;
    ngx_http_sandbox_tether_state_e   state;

    spec = &node->spec;

    /* close a tether that was opened only for this list */

    tethered = (node->tether != NULL);

    state = ngx_http_sandbox_state(node);

    if (!tethered && ngx_queue_empty(&node->waiters) && node->start == NULL) {
        ngx_http_sandbox_tether_close(node);
    }

    w = &l->json;

    sandbox_json_writer_object(w, NULL);
    sandbox_json_writer_string(w, "id", (char *) node->id);
    sandbox_json_writer_string(w, "class", spec->class);
    sandbox_json_writer_string(w, "state",
                               ngx_http_sandbox_state_name(state));
    sandbox_json_writer_time(w, "created", spec->created_ms);

    if (ctx->admin) {
        sandbox_json_writer_string(w, "owner", spec->owner);
    }

    sandbox_json_writer_close(w);
}


static void
ngx_http_sandbox_list_cleanup(void *data)
{
    ngx_http_sandbox_list_t *l = data;

    sandbox_json_writer_drop(&l->json);
}
