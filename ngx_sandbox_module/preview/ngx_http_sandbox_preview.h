
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_H_INCLUDED_


#include "api/ngx_http_sandbox_ports.h"


/* previews by the policies of their ports: how these are made, and kept to */


/* of a preview, what its policy says, and its location where it does not */

typedef struct {
    ngx_uint_t                     access;
    ngx_uint_t                     app_host;
    ngx_uint_t                     cors;
    char                          *origins;            /* or NULL */
    ngx_uint_t                     cookies;
    ngx_uint_t                     strip;
    int64_t                        connections;        /* 0: no limit */
    int64_t                        rate;
    int64_t                        body;
    ngx_uint_t                     wakes;
} ngx_http_sandbox_set_t;


/* ngx_http_sandbox_preview.c */

/*
 * PRECONTENT of a preview location.  NGX_OK: admitted, ctx->node and
 * ctx->port are set; NGX_DECLINED: answered by the content handler.
 */
ngx_int_t ngx_http_sandbox_preview_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* the preview domain that host (lower case, no port) stands below, or NULL */
ngx_http_sandbox_preview_t *ngx_http_sandbox_preview_find(
    ngx_http_sandbox_main_conf_t *smcf, ngx_str_t *host);
/* what is in force; it points into the policy */
void ngx_http_sandbox_preview_set(ngx_http_request_t *r,
    sandbox_port_t *policy, ngx_http_sandbox_set_t *set);
/* 1 while the request would be let in, by the policy as last read */
ngx_uint_t ngx_http_sandbox_preview_holds(ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_preview_key.c: "access": "key" */

#define NGX_HTTP_SANDBOX_COOKIE  "__Host-sandbox"

/* the next item of a list from *pos on, without the spaces around it */
void ngx_http_sandbox_next_item(u_char **pos, u_char *last, u_char sep,
    ngx_str_t *item);

/*
 * Takes the key out of the request, and looks at it where one is asked for.
 * NGX_OK: it may go on; NGX_DECLINED: answered by the content handler.
 */
ngx_int_t ngx_http_sandbox_preview_key(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_port_t *policy,
    ngx_http_sandbox_set_t *set);


/* ngx_http_sandbox_public.c: how the browser got here */

/* finds the realip module, whose list of trusted proxies is used */
ngx_int_t ngx_http_sandbox_public_init(ngx_conf_t *cf);
/* fills in ctx->public_host and public_proto; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_public(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_forward.c: what the app gets */

/*
 * An admitted preview's request, as the app is to get it: without what its
 * policy takes out, and with what it adds.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_forward(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);

/* get handlers of $sandbox_upstream_* */
ngx_int_t ngx_http_sandbox_variable_upstream_host(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_sandbox_variable_upstream_proto(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_sandbox_variable_upstream_forwarded(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_sandbox_variable_upstream_origin(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_sandbox_variable_upstream_referer(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


/* ngx_http_sandbox_answer.c: what the app's answer may say to a browser */

/* header filter of a preview's answer, the app's; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_answer(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* Access-Control-*, where they are nginx's to set; of any answer */
ngx_int_t ngx_http_sandbox_answer_cors(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* 1 when pages of the request's origin may read the answer */
ngx_uint_t ngx_http_sandbox_answer_allows(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* 1: it is a preflight, and a content handler was set */
ngx_uint_t ngx_http_sandbox_answer_preflight(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_load.c: connections, rate and body of a port */

/* NGX_OK, or NGX_DECLINED: answered by the content handler */
ngx_int_t ngx_http_sandbox_load(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_http_sandbox_set_t *set);
/* NULL: the zone is full */
ngx_http_sandbox_loads_t *ngx_http_sandbox_load_create(
    ngx_slab_pool_t *shpool);
/* of a worker: takes a place, gives it back */
void ngx_http_sandbox_load_start(void);
void ngx_http_sandbox_load_stop(void);
/* idempotent */
void ngx_http_sandbox_load_leave(ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_watch.c: previews that are open */

void ngx_http_sandbox_watch_add(ngx_http_sandbox_ctx_t *ctx);
/* idempotent */
void ngx_http_sandbox_watch_remove(ngx_http_sandbox_ctx_t *ctx);
/* a policy was changed: not to wait for the end of the second */
void ngx_http_sandbox_watch_soon(void);
void ngx_http_sandbox_watch_stop(void);


/* ngx_http_sandbox_cache.c: proxy_cache of a preview location */

#if (NGX_HTTP_CACHE)
/* of a merged location; takes the place of its zone */
char *ngx_http_sandbox_cache_conf(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf, ngx_http_upstream_conf_t *ucf);
/* get handler */
ngx_int_t ngx_http_sandbox_variable_cache(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
#endif


/* ngx_http_sandbox_preview_conf.c: what is so unless a port's policy says */

char *ngx_http_sandbox_conf_cors(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_strip(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_limit(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
void ngx_http_sandbox_conf_preview_init(ngx_http_sandbox_loc_conf_t *conf);
void ngx_http_sandbox_conf_preview_merge(ngx_http_sandbox_loc_conf_t *prev,
    ngx_http_sandbox_loc_conf_t *conf);

extern ngx_conf_enum_t  ngx_http_sandbox_conf_access[];
extern ngx_conf_enum_t  ngx_http_sandbox_conf_host[];
extern ngx_conf_enum_t  ngx_http_sandbox_conf_cookies[];


/* ngx_http_sandbox_change.c */

/*
 * Writes the policy of e->port anew, with its directory locked.  NGX_OK with
 * e->json, which is NULL without memory; NGX_DECLINED with the failure.
 */
ngx_int_t ngx_http_sandbox_change(ngx_http_sandbox_expose_t *e);


/* ngx_http_sandbox_policy.c, ngx_http_sandbox_policy_json.c */

/*
 * Merges a body into a policy: what is missing in it stays as it is, null is
 * what the location says; a token that is null is "".  NGX_OK, or NGX_DECLINED
 * with the failure.
 */
ngx_int_t ngx_http_sandbox_policy_merge(cJSON *json, sandbox_port_t *policy,
    ngx_http_sandbox_failure_t *failure);
/* of these, "token" and "expires" alone; ms 0: never */
ngx_int_t ngx_http_sandbox_policy_token(cJSON *json,
    char token[SANDBOX_TOKEN_MAX + 1], ngx_http_sandbox_failure_t *failure);
ngx_int_t ngx_http_sandbox_policy_time(cJSON *json, int64_t *ms,
    ngx_http_sandbox_failure_t *failure);
/* adds its members to what is shown of a port; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_policy_json(cJSON *json, sandbox_port_t *policy);
ngx_int_t ngx_http_sandbox_policy_json_time(cJSON *json, int64_t ms);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_H_INCLUDED_ */
