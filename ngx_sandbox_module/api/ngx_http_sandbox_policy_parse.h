
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


/* the policy of a port from a body */


/* puts those of a body into the policy; NGX_DECLINED: failure says why not */
ngx_int_t ngx_http_sandbox_policy_parse_wake(cJSON *json,
    sandbox_policy_t *policy, ngx_http_sandbox_failure_t *failure);

/*
 * Merges a body into a policy: what is missing in it stays as it is, null is
 * what the location says; a token that is null is "".  NGX_OK, or NGX_DECLINED
 * with the failure.
 */
ngx_int_t ngx_http_sandbox_policy_parse(cJSON *json, sandbox_policy_t *policy,
    ngx_http_sandbox_failure_t *failure);
/* of these, "token" and "expires" alone; ms 0: never */
ngx_int_t ngx_http_sandbox_policy_parse_token(cJSON *json,
    char token[SANDBOX_TOKEN_MAX + 1], ngx_http_sandbox_failure_t *failure);
ngx_int_t ngx_http_sandbox_policy_parse_time(cJSON *json, int64_t *ms,
    ngx_http_sandbox_failure_t *failure);


#endif /* _NGX_HTTP_SANDBOX_POLICY_PARSE_H_INCLUDED_ */
