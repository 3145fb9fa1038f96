
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_JSON_BODY_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_JSON_BODY_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"

#include <cjson/cJSON.h>


/* JSON bodies of requests */


#define NGX_HTTP_SANDBOX_BODY_MAX    65536   /* limit of JSON request bodies */


/* its result finalizes the request; json is NULL for an empty body */
typedef ngx_int_t (*ngx_http_sandbox_json_body_pt)(ngx_http_request_t *r,
    cJSON *json);


/*
 * a content handler's result; rejects bodies that are too large or no JSON
 * object
 */
ngx_int_t ngx_http_sandbox_json_body(ngx_http_request_t *r,
    ngx_http_sandbox_json_body_pt handler);


#endif /* _NGX_HTTP_SANDBOX_JSON_BODY_H_INCLUDED_ */
