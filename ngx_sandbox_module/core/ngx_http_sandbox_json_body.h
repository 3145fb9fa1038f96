
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_JSON_BODY_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_JSON_BODY_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"

#include <cjson/cJSON.h>


/* JSON bodies of requests */


/* JSON that callers send, and that nginx answers with */

#define NGX_HTTP_SANDBOX_BODY_MAX    65536      /* JSON that nginx reads */


/* what it returns finalizes the request; json is NULL for an empty body */
typedef ngx_int_t (*ngx_http_sandbox_json_body_pt)(ngx_http_request_t *r,
    cJSON *json);


/* a content handler's result; refuses what is no JSON object, or too large */
ngx_int_t ngx_http_sandbox_json_body(ngx_http_request_t *r,
    ngx_http_sandbox_json_body_pt handler);
/*
 * A member that is text without control characters.  NGX_OK, value NULL when
 * it is missing or null; NGX_DECLINED: another type, too long, not plain.
 */
ngx_int_t ngx_http_sandbox_json_body_string(cJSON *json, const char *name,
    size_t max, const char **value);


#endif /* _NGX_HTTP_SANDBOX_JSON_BODY_H_INCLUDED_ */
