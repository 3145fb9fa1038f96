
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_API_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_API_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the API: who calls, and what nginx answers itself */


/* ngx_http_sandbox_api.c */

/*
 * PRECONTENT of an API location: route, auth, headers.  NGX_OK: a route of
 * the agent, to be admitted: ctx->id, owner, class are set, secrets removed,
 * r->unparsed_uri is what the agent is to see.  NGX_DECLINED: nginx answers,
 * by the content handler that was set.
 */
ngx_int_t ngx_http_sandbox_api_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_auth.c */

/*
 * Who calls: fills ctx->owner, admin, key.  NGX_OK, or NGX_DECLINED with
 * ctx->failure set (401, 403, 421).
 */
ngx_int_t ngx_http_sandbox_auth(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* 1 when the caller may see and use the sandbox of that owner */
ngx_uint_t ngx_http_sandbox_owns(ngx_http_sandbox_ctx_t *ctx,
    const char *owner);
/* 1 when the key may choose the class */
ngx_uint_t ngx_http_sandbox_may_class(ngx_http_sandbox_ctx_t *ctx,
    ngx_str_t *name);
/*
 * Takes X-Sandbox-*, X-Accel-* and what was dropped out of the request, and,
 * as secrets, Authorization, Cookie and key arguments too; NGX_OK or
 * NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_strip(ngx_http_request_t *r, ngx_uint_t secrets);
#define ngx_http_sandbox_header_drop(h)  (h)->key.len = 0
/* the arguments alone: see sandbox_args_strip() */
ngx_int_t ngx_http_sandbox_strip_args(ngx_http_request_t *r, int which);


/* ngx_http_sandbox_create.c */

/*
 * Makes the directory of ctx->id for the caller, with ctx->class.  nonce is
 * an Idempotency-Key, or ""; options a body with options, or NULL.  NGX_OK;
 * NGX_DECLINED: the id is taken; NGX_ABORT: ctx->failure says what is wrong
 * with the options; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_make(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *nonce, cJSON *options);
ngx_int_t ngx_http_sandbox_create_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_lifecycle.c: running, delete */

/*
 * Holds ctx->node and looks whose ctx->id is: NGX_OK: the caller's, spec is
 * valid; NGX_DECLINED: there is none; NGX_ABORT: another's; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_find(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* NGX_DECLINED: it is the caller's; or what the answer came to */
ngx_int_t ngx_http_sandbox_find_own(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* the same, and NGX_DECLINED with the request's body discarded */
ngx_int_t ngx_http_sandbox_find_discard(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* fills in ctx->failure: it is nginx's own, and was logged */
void ngx_http_sandbox_fail_internal(ngx_http_sandbox_ctx_t *ctx);
/* answers from a content handler: that one; no such sandbox */
ngx_int_t ngx_http_sandbox_send_internal(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
ngx_int_t ngx_http_sandbox_send_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* "running", "starting" or "asleep"; starts nothing */
const char *ngx_http_sandbox_life(ngx_http_sandbox_node_t *node);

/* content handlers */
ngx_int_t ngx_http_sandbox_running_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_delete_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_show_json.c */

/* ctx->node as JSON, as far as nginx knows itself; NULL: no memory */
cJSON *ngx_http_sandbox_show_json(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_show.c */

/* content handler of GET: asks the agent, or the engine, what else there is */
ngx_int_t ngx_http_sandbox_show_handler(ngx_http_request_t *r);
/* answers what was changed, once the agent of one that runs knows of it */
ngx_int_t ngx_http_sandbox_show_told_options(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_options.c: sleepAfter, keepAlive, maxAge, env, labels */

/*
 * Puts the options of a body into spec.  NGX_OK, or NGX_DECLINED with failure
 * set; spec is to be freed in either case.
 */
ngx_int_t ngx_http_sandbox_options(cJSON *json, sandbox_spec_t *spec,
    ngx_http_sandbox_failure_t *failure);
/* seconds, or text with a unit, as ms from 1 s to 366 days; -1: neither */
int64_t ngx_http_sandbox_duration(cJSON *item);
/* the class's environment and the sandbox's own as JSON text; cJSON_free() */
char *ngx_http_sandbox_env(ngx_http_sandbox_class_t *class,
    sandbox_spec_t *spec);
/* ms, what is in force; 0: no limit; class NULL: it is configured no more */
int64_t ngx_http_sandbox_max_age(ngx_http_sandbox_class_t *class,
    sandbox_spec_t *spec);
/* tells a sandbox that runs what it has now */
void ngx_http_sandbox_options_tell(ngx_http_sandbox_node_t *node);


/* ngx_http_sandbox_patch.c */

ngx_int_t ngx_http_sandbox_patch_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_power.c */

/* sleep and restart */
ngx_int_t ngx_http_sandbox_stop_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_wake_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_list.c */

ngx_int_t ngx_http_sandbox_list_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_API_H_INCLUDED_ */
