
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_query.h"
#include "lib/sandbox_route.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_header.h"
#include "api/ngx_http_sandbox_auth.h"
#include "api/ngx_http_sandbox_origin.h"


/*
 * Authentication.  A key may be sent in several places; all of them must
 * contain the same key, so that a wrong key is never masked by a valid one.
 */


#define NGX_HTTP_SANDBOX_KEY_TEXT_MAX  512


typedef struct {
    ngx_array_t                  *keys;
    ngx_http_sandbox_key_t       *key;
    ngx_uint_t                    seen;
    ngx_uint_t                    wrong;
} ngx_http_sandbox_auth_claim_t;


static ngx_int_t ngx_http_sandbox_auth_off(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static void ngx_http_sandbox_auth_claim_headers(ngx_http_request_t *r,
    ngx_http_sandbox_auth_claim_t *claim);
static void ngx_http_sandbox_auth_claim_args(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_auth_claim_t *claim);
static ngx_uint_t ngx_http_sandbox_auth_claims(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_query_arg_t *arg);
static void ngx_http_sandbox_auth_claim_bearer(
    ngx_http_sandbox_auth_claim_t *claim, u_char *text, size_t len,
    ngx_uint_t plus);
static void ngx_http_sandbox_auth_claim_key(
    ngx_http_sandbox_auth_claim_t *claim, u_char *text, size_t len);


ngx_int_t
ngx_http_sandbox_auth(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_auth_claim_t  claim;
    ngx_http_sandbox_loc_conf_t   *slcf;
    ngx_http_sandbox_main_conf_t  *smcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);
    smcf = ngx_http_get_module_main_conf(r, ngx_http_sandbox_module);

    ctx->key = NULL;
    ctx->admin = 0;
    ngx_str_set(&ctx->owner, "");

    if (!slcf->auth) {
        if (ngx_http_sandbox_auth_off(r, ctx) == NGX_OK) {
            return NGX_OK;
        }

        ngx_http_sandbox_count(smcf, api_denied);
        return NGX_DECLINED;
    }

    ngx_memzero(&claim, sizeof(ngx_http_sandbox_auth_claim_t));
    claim.keys = slcf->keys;

    ngx_http_sandbox_auth_claim_headers(r, &claim);
    ngx_http_sandbox_auth_claim_args(r, ctx, &claim);

    if (claim.key && !claim.wrong) {
        ctx->key = claim.key;
        ctx->owner = claim.key->name;
        ctx->admin = claim.key->admin;

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "sandbox api key of \"%V\"", &ctx->owner);

        return NGX_OK;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "sandbox api key refused, sent:%ui wrong:%ui",
                   claim.seen, claim.wrong);

    ngx_http_sandbox_count(smcf, api_denied);

    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_UNAUTHORIZED,
                               "unauthorized",
                               claim.seen
                               ? "The API key is not valid. Send your key, "
                                 "and no other, as \"Authorization: Bearer "
                                 "<key>\"."
                                          : "An API key is required. Send it "
                                            "as \"Authorization: Bearer "
                                            "<key>\".");

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_sandbox_auth_off(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    if (!ngx_http_sandbox_origin_host_known(r)) {
        ngx_http_sandbox_error_set(&ctx->failure, 421, "MISDIRECTED",
                                   "This API requires no key and therefore "
                                   "serves only the server's own names. Send "
                                   "one of them as Host.");
        return NGX_DECLINED;
    }

    if (ngx_http_sandbox_origin_foreign(r)) {
        ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_FORBIDDEN,
                                   "FOREIGN_ORIGIN",
                                   "This API requires no key and therefore "
                                   "refuses requests from web pages of other "
                                   "origins. Ask the administrator to allow "
                                   "this origin.");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static void
ngx_http_sandbox_auth_claim_headers(ngx_http_request_t *r,
    ngx_http_sandbox_auth_claim_t *claim)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_sandbox_header_next(&part, &i)) != NULL) {

        if (ngx_http_sandbox_header_is(h, "Authorization"))
        {
            ngx_http_sandbox_auth_claim_bearer(claim, h->value.data,
                                               h->value.len, 0);
        }

        if (ngx_http_sandbox_header_is(h, "X-Sandbox-Key"))
        {
            ngx_http_sandbox_auth_claim_key(claim, h->value.data,
                                            h->value.len);
        }
    }
}


static void
ngx_http_sandbox_auth_claim_args(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_auth_claim_t *claim)
{
    int                  n;
    char                 buf[NGX_HTTP_SANDBOX_KEY_TEXT_MAX];
    const char          *pos, *end;
    sandbox_query_arg_t  arg;

    if (r->args.len == 0) {
        return;
    }

    pos = (char *) r->args.data;
    end = pos + r->args.len;

    while (sandbox_query_next(&pos, end, &arg)) {

        if (!ngx_http_sandbox_auth_claims(r, ctx, &arg)) {
            continue;
        }

        n = sandbox_query_value(&arg, buf, sizeof(buf));

        if (n < 0) {
            claim->seen = 1;
            claim->wrong = 1;
            continue;
        }

        if (arg.authorization) {
            ngx_http_sandbox_auth_claim_bearer(claim, (u_char *) buf, n, 1);

        } else {
            ngx_http_sandbox_auth_claim_key(claim, (u_char *) buf, n);
        }
    }

    ngx_explicit_memzero(buf, sizeof(buf));
}


/* whether the argument is a key where it is */

static ngx_uint_t
ngx_http_sandbox_auth_claims(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_query_arg_t *arg)
{
    if (arg->token) {
        return ctx->route == SANDBOX_ROUTE_OPENAPI
               || ctx->route == SANDBOX_ROUTE_OPENAPI_PAGE;
    }

    if (arg->authorization) {

        /* browsers cannot set headers of a WebSocket handshake */

        return ngx_http_sandbox_header_websocket(r);
    }

    return arg->secret;
}


static void
ngx_http_sandbox_auth_claim_bearer(ngx_http_sandbox_auth_claim_t *claim,
    u_char *text, size_t len, ngx_uint_t plus)
{
    claim->seen = 1;

    if (len < 7
        || ngx_strncasecmp(text, (u_char *) "bearer", 6) != 0
        || (text[6] != ' ' && !(plus && text[6] == '+')))
    {
        claim->wrong = 1;
        return;
    }

    ngx_http_sandbox_auth_claim_key(claim, text + 7, len - 7);
}


static void
ngx_http_sandbox_auth_claim_key(ngx_http_sandbox_auth_claim_t *claim,
    u_char *text, size_t len)
{
    ngx_uint_t               i;
    ngx_http_sandbox_key_t  *key, *found;

    claim->seen = 1;

    if (claim->keys == NULL) {
        claim->wrong = 1;
        return;
    }

    /* compare with all keys, for constant time */

    key = claim->keys->elts;
    found = NULL;

    for (i = 0; i < claim->keys->nelts; i++) {
        if (sandbox_name_equal((char *) key[i].key.data, key[i].key.len,
                               (char *) text, len))
        {
            found = &key[i];
        }
    }

    if (found == NULL || (claim->key && claim->key != found)) {
        claim->wrong = 1;
        return;
    }

    claim->key = found;
}


ngx_uint_t
ngx_http_sandbox_auth_owns(ngx_http_sandbox_ctx_t *ctx, const char *owner)
{
    if (ctx->admin) {
        return 1;
    }

    return ctx->owner.len == ngx_strlen(owner)
           && ngx_memcmp(ctx->owner.data, owner, ctx->owner.len) == 0;
}


ngx_uint_t
ngx_http_sandbox_auth_may_class(ngx_http_sandbox_ctx_t *ctx, ngx_str_t *name)
{
    ngx_str_t   *class;
    ngx_uint_t   i;

    if (ctx->key == NULL || ctx->key->classes == NULL) {
        return 1;
    }

    class = ctx->key->classes->elts;

    for (i = 0; i < ctx->key->classes->nelts; i++) {
        if (class[i].len == name->len
            && ngx_memcmp(class[i].data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}
