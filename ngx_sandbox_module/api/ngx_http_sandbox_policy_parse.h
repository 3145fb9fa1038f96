
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_POLICY_PARSE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_POLICY_PARSE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "core/ngx_http_sandbox_error.h"

#include <cjson/cJSON.h>


/* parsing of port policies in request bodies */


/* merges those of a body into the policy; NGX_DECLINED: failure is set */
ngx_int_t ngx_http_sandbox_policy_parse_wake(cJSON *json,
    sandbox_policy_t *policy, ngx_http_sandbox_failure_t *failure);

/*
 * Merges a body into a policy: missing members are unchanged, null restores
 * the default of the location; a null token becomes "".  NGX_OK, or
 * NGX_DECLINED with the failure set.
 */
ngx_int_t ngx_http_sandbox_policy_parse(cJSON *json, sandbox_policy_t *policy,
    ngx_http_sandbox_failure_t *failure);
/* only "token" and "expires"; ms 0: never */
ngx_int_t ngx_http_sandbox_policy_parse_token(cJSON *json,
    char token[SANDBOX_TOKEN_MAX + 1], ngx_http_sandbox_failure_t *failure);
ngx_int_t ngx_http_sandbox_policy_parse_time(cJSON *json, int64_t *ms,
    ngx_http_sandbox_failure_t *failure);


#endif /* _NGX_HTTP_SANDBOX_POLICY_PARSE_H_INCLUDED_ */
