
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_OPTIONS_PARSE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_OPTIONS_PARSE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_error.h"

#include <cjson/cJSON.h>


/* sleepAfter, keepAlive, maxAge, env, labels of a body */


/*
 * Merges the options of a body into spec.  NGX_OK, or NGX_DECLINED with
 * failure set; spec must be freed in either case.
 */
ngx_int_t ngx_http_sandbox_options_parse(cJSON *json, sandbox_spec_t *spec,
    ngx_http_sandbox_failure_t *failure);


#endif /* _NGX_HTTP_SANDBOX_OPTIONS_PARSE_H_INCLUDED_ */
