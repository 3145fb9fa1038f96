
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_body.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_create.h"
#include "core/ngx_http_sandbox_class.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_json_body.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "limits/ngx_http_sandbox_create_rate.h"
#include "limits/ngx_http_sandbox_instances.h"
#include "lifecycle/ngx_http_sandbox_pool_claim.h"
#include "api/ngx_http_sandbox_auth.h"
#include "api/ngx_http_sandbox_create.h"
#include "api/ngx_http_sandbox_lookup.h"
#include "api/ngx_http_sandbox_options_parse.h"
#include "api/ngx_http_sandbox_show_json.h"

#include <ngx_sha1.h>


/* POST /v1/sandbox: takes a sandbox of the pool, or creates a directory */


#define NGX_HTTP_SANDBOX_NONCE_MAX  64


static ngx_int_t ngx_http_sandbox_create_body(ngx_http_request_t *r,
    cJSON *json);
static void ngx_http_sandbox_create_ticket(ngx_http_sandbox_ctx_t *ctx,
    char *ticket);
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


ngx_http_sandbox_create_e
ngx_http_sandbox_create(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx,
    const char *nonce, cJSON *options)
{
    int                         rc;
    char                        id[SANDBOX_ID_MAX + 1];
    ngx_err_t                   err;
    sandbox_spec_t              spec;
    sandbox_stamp_t             stamp;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    ngx_memzero(&spec, sizeof(sandbox_spec_t));

    spec.sleep_after_ms = -1;
    spec.max_age_ms = -1;
    spec.keep_alive = -1;

    (void) ngx_snprintf((u_char *) spec.owner, sizeof(spec.owner), "%V%Z",
                        &ctx->owner);
    (void) ngx_snprintf((u_char *) spec.class, sizeof(spec.class), "%V%Z",
                        &ctx->class->name);
    (void) ngx_cpystrn((u_char *) spec.nonce, (u_char *) nonce,
                       sizeof(spec.nonce));
    (void) ngx_snprintf((u_char *) id, sizeof(id), "%V%Z", &ctx->id);

    if (ngx_http_sandbox_options_parse(options, &spec, &ctx->failure)
        != NGX_OK)
    {
        sandbox_spec_free(&spec);
        return NGX_HTTP_SANDBOX_CREATE_REFUSED;
    }

    if (ngx_http_sandbox_create_rate_charge(r, ctx) != NGX_OK) {
        sandbox_spec_free(&spec);

        /* the sandbox exists already */

        return sandbox_store_stamp(w->store, id, &stamp) == 0
               ? NGX_HTTP_SANDBOX_CREATE_TAKEN
               : NGX_HTTP_SANDBOX_CREATE_REFUSED;
    }

    rc = ctx->claims ? ngx_http_sandbox_pool_claim(ctx->class, id, &spec)
                     : NGX_DECLINED;

    ctx->claimed = (rc == NGX_OK);

    if (rc == NGX_DECLINED) {
        rc = sandbox_store_create(w->store, id, &spec);
    }

    err = ngx_errno;

    sandbox_spec_free(&spec);

    if (rc == 0) {
        ngx_http_sandbox_count(w->conf, created);
        return NGX_HTTP_SANDBOX_CREATE_OK;
    }

    ngx_http_sandbox_create_rate_refund(r, ctx);

    if (err == NGX_EEXIST) {
        return NGX_HTTP_SANDBOX_CREATE_TAKEN;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, err,
                  "cannot create sandbox \"%s\"", id);

    return NGX_HTTP_SANDBOX_CREATE_ERROR;
}


ngx_int_t
ngx_http_sandbox_create_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_json_body(r, ngx_http_sandbox_create_body);
}


static ngx_int_t
ngx_http_sandbox_create_body(ngx_http_request_t *r, cJSON *json)
{
    char                       ticket[SANDBOX_RANDOM_LEN + 1];
    const char                *id, *class, *nonce;
    ngx_http_sandbox_ctx_t    *ctx;
    ngx_http_sandbox_create_e  rc;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (sandbox_body_string(json, "id", SANDBOX_ID_MAX, &id) == -1
        || (id && !sandbox_name_id_valid(id, ngx_strlen(id))))
    {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "Invalid sandbox ID format: \"id\" must be "
                                   "a string of 1 to %d of the characters "
                                   "a-z, 0-9 and \"-\", with no \"-\" at "
                                   "either end. The names www, api, admin, "
                                   "root and system are reserved.",
                                   SANDBOX_ID_MAX);
        goto failed;
    }

    if (sandbox_body_string(json, "class", SANDBOX_CLASS_MAX, &class) == -1) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "\"class\" must be a string, the name of a "
                                   "class.");
        goto failed;
    }

    if (ngx_http_sandbox_create_nonce(r, &nonce) != NGX_OK) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "Invalid Idempotency-Key header: send it "
                                   "once, with 1 to %d printable characters.",
                                   NGX_HTTP_SANDBOX_NONCE_MAX);
        goto failed;
    }

    if (ngx_http_sandbox_create_class(r, ctx, class) != NGX_OK) {
        goto failed;
    }

    if (ngx_http_sandbox_create_id(r, ctx, id, nonce) != NGX_OK) {
        goto failed;
    }

    ngx_http_sandbox_create_ticket(ctx, ticket);

    rc = ngx_http_sandbox_create(r, ctx, nonce, json);

    if (ctx->claims) {
        ngx_http_sandbox_instances_free(ticket);
    }

    switch (rc) {

    case NGX_HTTP_SANDBOX_CREATE_OK:
        return ngx_http_sandbox_create_send(r, ctx);

    case NGX_HTTP_SANDBOX_CREATE_TAKEN:
        break;

    case NGX_HTTP_SANDBOX_CREATE_REFUSED:
        goto failed;

    default:
        return ngx_http_sandbox_error_send_internal(r, ctx);
    }

    /* repeat the response of the first request */

    switch (ngx_http_sandbox_lookup(r, ctx)) {

    case NGX_HTTP_SANDBOX_LOOKUP_OWN:
        if (nonce[0] && ngx_strcmp(ctx->node->spec.nonce, nonce) == 0
            && ngx_http_sandbox_auth_owns(ctx, ctx->node->spec.owner))
        {
            return ngx_http_sandbox_create_send(r, ctx);
        }

        break;

    case NGX_HTTP_SANDBOX_LOOKUP_ERROR:
        return ngx_http_sandbox_error_send_internal(r, ctx);

    default:
        break;
    }

    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_CONFLICT,
                               "SANDBOX_ALREADY_EXISTS",
                               "A sandbox with this id already exists. Choose "
                               "another id, or use the existing sandbox if it "
                               "is yours.");

failed:

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}


/* one of the pool runs at once: it needs an instance */

static void
ngx_http_sandbox_create_ticket(ngx_http_sandbox_ctx_t *ctx, char *ticket)
{
    char                        owner[SANDBOX_OWNER_MAX + 1];
    ngx_http_sandbox_failure_t  failure;

    if (ctx->class->pool == 0) {
        return;
    }

    (void) ngx_snprintf((u_char *) owner, sizeof(owner), "%V%Z", &ctx->owner);

    ngx_http_sandbox_instances_ticket(ticket);

    ctx->claims = (ngx_http_sandbox_instances_take(ticket, ctx->class, owner,
                                                   &failure)
                   == NGX_OK);
}


static ngx_int_t
ngx_http_sandbox_create_id(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx,
    const char *id, const char *nonce)
{
    char  issued[SANDBOX_RANDOM_LEN + 1];

    if (id == NULL) {

        if (nonce[0]) {
            ngx_http_sandbox_create_derive(ctx, nonce, issued);

        } else if (sandbox_name_random(issued) == -1) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                          "cannot get random bytes for a sandbox id");

            ngx_http_sandbox_error_set(&ctx->failure,
                                       NGX_HTTP_SERVICE_UNAVAILABLE,
                                       "INTERNAL_ERROR",
                                       "The server cannot generate random ids "
                                       "yet. Try again.");
            ctx->failure.retry_after = 1;

            return NGX_DECLINED;
        }

        id = issued;
    }

    ctx->id.len = ngx_strlen(id);

    ctx->id.data = ngx_pnalloc(r->pool, ctx->id.len);
    if (ctx->id.data == NULL) {
        ngx_http_sandbox_error_set(&ctx->failure,
                                   NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "INTERNAL_ERROR", "nginx is out of memory.");
        return NGX_DECLINED;
    }

    ngx_memcpy(ctx->id.data, id, ctx->id.len);

    return NGX_OK;
}


/* the same Idempotency-Key of the same caller yields the same id */

static void
ngx_http_sandbox_create_derive(ngx_http_sandbox_ctx_t *ctx, const char *nonce,
    char *id)
{
    u_char       digest[20];
    ngx_sha1_t   sha1;
    const char  *instance;

    instance = sandbox_store_instance(ngx_http_sandbox_worker->store);

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, instance, ngx_strlen(instance) + 1);
    ngx_sha1_update(&sha1, ctx->owner.data, ctx->owner.len);
    ngx_sha1_update(&sha1, "", 1);
    ngx_sha1_update(&sha1, nonce, ngx_strlen(nonce));
    ngx_sha1_final(digest, &sha1);

    /* as long as a random id */

    sandbox_name_base32(digest, 16, id);
}


static ngx_int_t
ngx_http_sandbox_create_class(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *name)
{
    ngx_http_sandbox_class_t      *class;
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    if (name) {
        class = ngx_http_sandbox_class_find(smcf, (u_char *) name,
                                            ngx_strlen(name));
        if (class == NULL) {
            ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_BAD_REQUEST,
                                       "invalid_request",
                                       "No such class. Omit \"class\" to use "
                                       "the default class, or ask the "
                                       "administrator which classes exist.");
            return NGX_DECLINED;
        }

        ctx->class = class;
    }

    if (ctx->class == NULL
        || !ngx_http_sandbox_auth_may_class(ctx, &ctx->class->name))
    {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_FORBIDDEN,
                                   "PERMISSION_DENIED",
                                   "Your key may not create sandboxes of this "
                                   "class. Set \"class\" to a class that your "
                                   "key may use.");
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
    if (ngx_http_sandbox_lookup(r, ctx) != NGX_HTTP_SANDBOX_LOOKUP_OWN) {
        return ngx_http_sandbox_error_send_internal(r, ctx);
    }

    return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                          ngx_http_sandbox_show_json(r, ctx));
}
