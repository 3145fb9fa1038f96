
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "ngx_http_sandbox_module.h"

#include <ngx_sha1.h>


/* routes of a sandbox's life: create, show, running, delete */


#define NGX_HTTP_SANDBOX_NONCE_MAX  64


/* outlives a request whose client goes away */

typedef struct {
    ngx_http_request_t           *request;
} ngx_http_sandbox_delete_t;


static ngx_int_t ngx_http_sandbox_create_body(ngx_http_request_t *r,
    cJSON *json);
static ngx_int_t ngx_http_sandbox_create_id(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *id, const char *nonce);
static void ngx_http_sandbox_create_derive(ngx_http_sandbox_ctx_t *ctx,
    const char *nonce, char *id);
static ngx_int_t ngx_http_sandbox_create_class(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *name);
static ngx_int_t ngx_http_sandbox_create_nonce(ngx_http_request_t *r,
    const char **nonce);
static ngx_int_t ngx_http_sandbox_create_send(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static cJSON *ngx_http_sandbox_show_json(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_show_listening(
    ngx_http_sandbox_node_t *node, cJSON *json);
static void ngx_http_sandbox_delete_done(void *data, ngx_int_t rc);
static void ngx_http_sandbox_delete_cleanup(void *data);


ngx_int_t
ngx_http_sandbox_find(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->node == NULL) {
        ctx->node = ngx_http_sandbox_node_hold(&ctx->id);

        if (ctx->node == NULL) {
            return NGX_ERROR;
        }
    }

    rc = ngx_http_sandbox_node_spec(ctx->node);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_sandbox_owns(ctx, ctx->node->spec.owner) ? NGX_OK
                                                             : NGX_ABORT;
}


void
ngx_http_sandbox_fail_internal(ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                          "INTERNAL_ERROR",
                          "The sandbox cannot be read or written: nginx's "
                          "error log tells why.");
}


ngx_int_t
ngx_http_sandbox_send_internal(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_fail_internal(ctx);

    return ngx_http_sandbox_send_failure(r, &ctx->failure);
}


ngx_int_t
ngx_http_sandbox_send_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    (void) ngx_http_sandbox_refuse_absent(r, ctx);

    return ngx_http_sandbox_send_failure(r, &ctx->failure);
}


ngx_int_t
ngx_http_sandbox_make(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx,
    const char *nonce)
{
    char                        id[SANDBOX_ID_MAX + 1];
    sandbox_spec_t              spec;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    ngx_memzero(&spec, sizeof(sandbox_spec_t));

    spec.sleep_after_ms = -1;
    spec.keep_alive = -1;

    (void) ngx_snprintf((u_char *) spec.owner, sizeof(spec.owner), "%V%Z",
                        &ctx->owner);
    (void) ngx_snprintf((u_char *) spec.class, sizeof(spec.class), "%V%Z",
                        &ctx->class->name);
    (void) ngx_cpystrn((u_char *) spec.nonce, (u_char *) nonce,
                       sizeof(spec.nonce));
    (void) ngx_snprintf((u_char *) id, sizeof(id), "%V%Z", &ctx->id);

    if (sandbox_store_create(w->store, id, &spec) == 0) {
        ngx_http_sandbox_count(w->conf, created);
        return NGX_OK;
    }

    if (ngx_errno == NGX_EEXIST) {
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                  "sandbox \"%s\" cannot be created", id);

    return NGX_ERROR;
}


ngx_int_t
ngx_http_sandbox_create_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_read_json(r, ngx_http_sandbox_create_body);
}


static ngx_int_t
ngx_http_sandbox_create_body(ngx_http_request_t *r, cJSON *json)
{
    const char              *id, *class, *nonce;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_get_ctx(r);

    if (ngx_http_sandbox_json_string(json, "id", SANDBOX_ID_MAX, &id)
        != NGX_OK
        || (id && !sandbox_id_valid(id, ngx_strlen(id))))
    {
        ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                              "invalid_request",
                              "\"id\" must be a string of 1 to %d of the "
                              "characters a-z 0-9 and \"-\", the latter "
                              "neither first nor last, and none of the "
                              "reserved names www, api, admin, root and "
                              "system.", SANDBOX_ID_MAX);
        goto failed;
    }

    if (ngx_http_sandbox_json_string(json, "class", SANDBOX_CLASS_MAX, &class)
        != NGX_OK)
    {
        ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                              "invalid_request",
                              "\"class\" must be the name of a class.");
        goto failed;
    }

    if (ngx_http_sandbox_create_nonce(r, &nonce) != NGX_OK) {
        ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                              "invalid_request",
                              "Idempotency-Key must be given once, with 1 "
                              "to %d printable characters.",
                              NGX_HTTP_SANDBOX_NONCE_MAX);
        goto failed;
    }

    if (ngx_http_sandbox_create_class(r, ctx, class) != NGX_OK) {
        goto failed;
    }

    if (ngx_http_sandbox_create_id(r, ctx, id, nonce) != NGX_OK) {
        goto failed;
    }

    switch (ngx_http_sandbox_make(r, ctx, nonce)) {

    case NGX_OK:
        return ngx_http_sandbox_create_send(r, ctx);

    case NGX_DECLINED:
        break;

    default:
        return ngx_http_sandbox_send_internal(r, ctx);
    }

    /* a repeated request gets the answer of the first one */

    switch (ngx_http_sandbox_find(r, ctx)) {

    case NGX_OK:
        if (nonce[0] && ngx_strcmp(ctx->node->spec.nonce, nonce) == 0
            && ngx_http_sandbox_owns(ctx, ctx->node->spec.owner))
        {
            return ngx_http_sandbox_create_send(r, ctx);
        }

        break;

    case NGX_ERROR:
        return ngx_http_sandbox_send_internal(r, ctx);

    default:
        break;
    }

    ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_CONFLICT,
                          "SANDBOX_ALREADY_EXISTS",
                          "The id is taken: choose another, or use the "
                          "sandbox if it is yours.");

failed:

    return ngx_http_sandbox_send_failure(r, &ctx->failure);
}


static ngx_int_t
ngx_http_sandbox_create_id(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx,
    const char *id, const char *nonce)
{
    char  issued[SANDBOX_RANDOM_LEN + 1];

    if (id == NULL) {

        if (nonce[0]) {
            ngx_http_sandbox_create_derive(ctx, nonce, issued);

        } else if (sandbox_random(issued) == -1) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                          "no randomness for a sandbox id");

            ngx_http_sandbox_fail(&ctx->failure,
                                  NGX_HTTP_SERVICE_UNAVAILABLE,
                                  "INTERNAL_ERROR",
                                  "The machine has no randomness yet: try "
                                  "again.");
            ctx->failure.retry_after = 1;

            return NGX_DECLINED;
        }

        id = issued;
    }

    ctx->id.len = ngx_strlen(id);

    ctx->id.data = ngx_pnalloc(r->pool, ctx->id.len);
    if (ctx->id.data == NULL) {
        ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                              "INTERNAL_ERROR", "nginx is out of memory.");
        return NGX_DECLINED;
    }

    ngx_memcpy(ctx->id.data, id, ctx->id.len);

    return NGX_OK;
}


/* the same key of the same caller gives the same id, on this installation */

static void
ngx_http_sandbox_create_derive(ngx_http_sandbox_ctx_t *ctx, const char *nonce,
    char *id)
{
    size_t        i;
    u_char        digest[20];
    ngx_uint_t    bits, value;
    ngx_sha1_t    sha1;
    const char   *instance;

    static const char  base32[] = "abcdefghijklmnopqrstuvwxyz234567";

    instance = sandbox_store_instance(ngx_http_sandbox_worker->store);

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, instance, ngx_strlen(instance) + 1);
    ngx_sha1_update(&sha1, ctx->owner.data, ctx->owner.len);
    ngx_sha1_update(&sha1, "", 1);
    ngx_sha1_update(&sha1, nonce, ngx_strlen(nonce));
    ngx_sha1_final(digest, &sha1);

    bits = 0;
    value = 0;

    for (i = 0; i < 16; i++) {
        value = (value << 8 | digest[i]) & 0xffff;
        bits += 8;

        while (bits >= 5) {
            bits -= 5;
            *id++ = base32[(value >> bits) & 31];
        }
    }

    *id++ = base32[(value << (5 - bits)) & 31];
    *id = '\0';
}


static ngx_int_t
ngx_http_sandbox_create_class(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *name)
{
    ngx_http_sandbox_class_t      *class;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    if (name) {
        class = ngx_http_sandbox_find_class(smcf, (u_char *) name,
                                            ngx_strlen(name));
        if (class == NULL) {
            ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                  "invalid_request",
                                  "There is no such class: leave \"class\" "
                                  "out for the default one, or ask the "
                                  "administrator for the names.");
            return NGX_DECLINED;
        }

        ctx->class = class;
    }

    if (ctx->class == NULL
        || !ngx_http_sandbox_may_class(ctx, &ctx->class->name))
    {
        ngx_http_sandbox_fail(&ctx->failure, NGX_HTTP_FORBIDDEN,
                              "PERMISSION_DENIED",
                              "Your key may not create sandboxes of this "
                              "class: name one that it may with \"class\".");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_create_nonce(ngx_http_request_t *r, const char **nonce)
{
    u_char           *p;
    size_t            i;
    ngx_uint_t        n;
    ngx_table_elt_t  *h;

    h = ngx_http_sandbox_header_in(r, "Idempotency-Key", &n);

    if (n == 0) {
        *nonce = "";
        return NGX_OK;
    }

    if (n > 1 || h->value.len == 0
        || h->value.len > NGX_HTTP_SANDBOX_NONCE_MAX)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < h->value.len; i++) {
        if (h->value.data[i] < 0x20 || h->value.data[i] >= 0x7f) {
            return NGX_DECLINED;
        }
    }

    p = ngx_pnalloc(r->pool, h->value.len + 1);
    if (p == NULL) {
        return NGX_DECLINED;
    }

    ngx_memcpy(p, h->value.data, h->value.len);
    p[h->value.len] = '\0';

    *nonce = (char *) p;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_create_send(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    char             id[SANDBOX_ID_MAX + 1];
    char             time[NGX_HTTP_SANDBOX_TIME_LEN];
    cJSON           *json;
    sandbox_spec_t  *spec;

    if (ngx_http_sandbox_find(r, ctx) != NGX_OK) {
        return ngx_http_sandbox_send_internal(r, ctx);
    }

    spec = &ctx->node->spec;

    (void) ngx_snprintf((u_char *) id, sizeof(id), "%V%Z", &ctx->id);
    ngx_http_sandbox_iso_time(spec->created_ms, time);

    json = cJSON_CreateObject();

    if (json
        && (cJSON_AddStringToObject(json, "id", id) == NULL
            || cJSON_AddStringToObject(json, "class", spec->class) == NULL
            || cJSON_AddStringToObject(json, "created", time) == NULL))
    {
        cJSON_Delete(json);
        json = NULL;
    }

    return ngx_http_sandbox_send_json(r, NGX_HTTP_OK, json);
}


const char *
ngx_http_sandbox_life(ngx_http_sandbox_node_t *node)
{
    if (ngx_http_sandbox_tether(node) == NGX_OK) {
        return "running";
    }

    return ngx_http_sandbox_busy(node) ? "starting" : "asleep";
}


ngx_int_t
ngx_http_sandbox_show_handler(ngx_http_request_t *r)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_get_ctx(r);

    switch (ngx_http_sandbox_find(r, ctx)) {

    case NGX_OK:
        return ngx_http_sandbox_send_json(r, NGX_HTTP_OK,
                                         ngx_http_sandbox_show_json(r, ctx));

    case NGX_ERROR:
        return ngx_http_sandbox_send_internal(r, ctx);

    default:
        return ngx_http_sandbox_send_absent(r, ctx);
    }
}


static cJSON *
ngx_http_sandbox_show_json(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    char                           time[NGX_HTTP_SANDBOX_TIME_LEN];
    cJSON                         *json, *ports;
    int64_t                        sleep;
    const char                    *life;
    sandbox_spec_t                *spec;
    ngx_http_sandbox_node_t       *node;
    ngx_http_sandbox_class_t      *class;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    json = cJSON_CreateObject();
    if (json == NULL) {
        return NULL;
    }

    node = ctx->node;
    spec = &node->spec;

    life = ngx_http_sandbox_life(node);
    ngx_http_sandbox_iso_time(spec->created_ms, time);

    if (cJSON_AddStringToObject(json, "id", (char *) node->id) == NULL
        || cJSON_AddStringToObject(json, "class", spec->class) == NULL
        || cJSON_AddStringToObject(json, "state", life) == NULL
        || cJSON_AddStringToObject(json, "created", time) == NULL
        || (ctx->admin
            && cJSON_AddStringToObject(json, "owner", spec->owner) == NULL))
    {
        goto failed;
    }

    class = ngx_http_sandbox_find_class(smcf, (u_char *) spec->class,
                                        ngx_strlen(spec->class));

    sleep = spec->sleep_after_ms;

    if (sleep < 0) {
        sleep = class ? (int64_t) class->sleep_after : 0;
    }

    if (sleep == 0 || spec->keep_alive > 0) {
        if (cJSON_AddNullToObject(json, "sleepAfter") == NULL) {
            goto failed;
        }

    } else if (cJSON_AddNumberToObject(json, "sleepAfter", sleep / 1000.0)
               == NULL)
    {
        goto failed;
    }

    if (cJSON_AddBoolToObject(json, "keepAlive", spec->keep_alive > 0)
        == NULL)
    {
        goto failed;
    }

    ports = ngx_http_sandbox_ports_json(r, &node->sn.str);

    if (ports == NULL || !cJSON_AddItemToObject(json, "ports", ports)) {
        cJSON_Delete(ports);
        goto failed;
    }

    if (life[0] == 'r'
        && ngx_http_sandbox_show_listening(node, json) != NGX_OK)
    {
        goto failed;
    }

    return json;

failed:

    cJSON_Delete(json);

    return NULL;
}


static ngx_int_t
ngx_http_sandbox_show_listening(ngx_http_sandbox_node_t *node, cJSON *json)
{
    cJSON       *list, *item;
    uint16_t    *ports;
    ngx_uint_t   i, n;

    list = cJSON_AddArrayToObject(json, "listening");
    if (list == NULL) {
        return NGX_ERROR;
    }

    n = ngx_http_sandbox_tether_ports(node, &ports);

    for (i = 0; i < n; i++) {
        item = cJSON_CreateNumber(ports[i]);

        if (item == NULL || !cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_running_handler(ngx_http_request_t *r)
{
    cJSON                   *json;
    ngx_int_t                rc;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_get_ctx(r);

    rc = ngx_http_sandbox_find(r, ctx);

    /* false makes clients wipe the workspace: never say so by mistake */

    if (rc == NGX_ERROR) {
        return ngx_http_sandbox_send_internal(r, ctx);
    }

    json = cJSON_CreateObject();

    if (json && cJSON_AddBoolToObject(json, "running", rc == NGX_OK) == NULL)
    {
        cJSON_Delete(json);
        json = NULL;
    }

    return ngx_http_sandbox_send_json(r, NGX_HTTP_OK, json);
}


ngx_int_t
ngx_http_sandbox_delete_handler(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_pool_cleanup_t         *cln;
    ngx_http_sandbox_ctx_t     *ctx;
    ngx_http_sandbox_delete_t  *d;

    ctx = ngx_http_sandbox_get_ctx(r);

    switch (ngx_http_sandbox_find(r, ctx)) {

    case NGX_OK:
        break;

    case NGX_ERROR:
        return ngx_http_sandbox_send_internal(r, ctx);

    default:
        return ngx_http_sandbox_send_empty(r);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    d = ngx_alloc(sizeof(ngx_http_sandbox_delete_t), r->connection->log);
    if (d == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    d->request = r;

    if (ngx_http_sandbox_destroy(ctx->node, ngx_http_sandbox_delete_done, d)
        != NGX_OK)
    {
        ngx_free(d);
        return ngx_http_sandbox_send_internal(r, ctx);
    }

    cln->handler = ngx_http_sandbox_delete_cleanup;
    cln->data = d;

    ctx->body = cln;

    r->main->count++;

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    return NGX_DONE;
}


static void
ngx_http_sandbox_delete_done(void *data, ngx_int_t rc)
{
    ngx_http_sandbox_delete_t *d = data;

    ngx_connection_t        *c;
    ngx_pool_cleanup_t      *cln;
    ngx_http_request_t      *r;
    ngx_http_sandbox_ctx_t  *ctx;

    r = d->request;

    ngx_free(d);

    if (r == NULL) {
        return;
    }

    c = r->connection;
    ctx = ngx_http_sandbox_get_ctx(r);

    ngx_http_set_log_request(c->log, r);

    cln = ctx->body;
    cln->handler = NULL;
    ctx->body = NULL;

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_block_reading;
    }

    if (rc == NGX_ERROR) {
        rc = ngx_http_sandbox_send_internal(r, ctx);

    } else {
        rc = ngx_http_sandbox_send_empty(r);
    }

    ngx_http_finalize_request(r, rc);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sandbox_delete_cleanup(void *data)
{
    ngx_http_sandbox_delete_t *d = data;

    d->request = NULL;
}
