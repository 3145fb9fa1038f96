
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_POLICY_JSON_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_POLICY_JSON_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"

#include <cjson/cJSON.h>


/* the policy of a port as JSON */


/* adds them to the JSON of a port */
ngx_int_t ngx_http_sandbox_policy_json_wake(cJSON *json,
    sandbox_policy_t *policy);

/* adds its members to the JSON of a port; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_policy_json(cJSON *json, sandbox_policy_t *policy);
ngx_int_t ngx_http_sandbox_policy_json_time(cJSON *json, int64_t ms);


#endif /* _NGX_HTTP_SANDBOX_POLICY_JSON_H_INCLUDED_ */
