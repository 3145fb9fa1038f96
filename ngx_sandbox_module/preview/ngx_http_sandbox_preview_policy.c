
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"
#include "core/ngx_http_sandbox_conf.h"
#include "preview/ngx_http_sandbox_preview_policy.h"


/*
 * effective settings of a preview: its policy, with defaults of the location
 */


void
ngx_http_sandbox_preview_policy(ngx_http_request_t *r, sandbox_policy_t *policy,
    ngx_http_sandbox_preview_policy_t *set)
{
    ngx_http_sandbox_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);

    set->access = policy->access ? (ngx_uint_t) policy->access : slcf->access;
    set->app_host = policy->app_host ? (ngx_uint_t) policy->app_host
                                     : slcf->app_host;
    set->cookies = policy->cookies ? (ngx_uint_t) policy->cookies
                                   : slcf->cookies;
    set->strip = policy->strip ? policy->strip : slcf->strip;

    set->cors = policy->cors ? (ngx_uint_t) policy->cors : slcf->cors_of;
    set->origins = policy->cors ? policy->origins : slcf->origins;

    set->connections = policy->connections ? policy->connections
                                           : slcf->connections;
    set->rate = policy->rate ? policy->rate : slcf->rate;
    set->body = policy->body ? policy->body : slcf->body;

    set->wakes = policy->wake ? policy->wake == SANDBOX_WAKE_ON
                              : (ngx_uint_t) slcf->wake;
}
