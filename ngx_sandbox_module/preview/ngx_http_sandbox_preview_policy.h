
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PREVIEW_POLICY_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PREVIEW_POLICY_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"


/*
 * effective settings of a preview: its policy, with defaults of the location
 */


/*
 * effective settings of a preview: its policy with the defaults of the
 * location
 */

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
} ngx_http_sandbox_preview_policy_t;


/* computes the effective settings; they point into the policy */
void ngx_http_sandbox_preview_policy(ngx_http_request_t *r,
    sandbox_policy_t *policy, ngx_http_sandbox_preview_policy_t *set);


#endif /* _NGX_HTTP_SANDBOX_PREVIEW_POLICY_H_INCLUDED_ */
