
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_options.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_error.h"
#include "api/ngx_http_sandbox_options_parse.h"


/*
 * Options of a sandbox, set at creation or by PATCH.  They are stored in
 * spec.json, and sent to a running sandbox over its tether.
 */


ngx_int_t
ngx_http_sandbox_options_parse(cJSON *json, sandbox_spec_t *spec,
    ngx_http_sandbox_failure_t *failure)
{
    char  error[SANDBOX_OPTIONS_ERROR_MAX];

    if (sandbox_options_merge(json, spec, error) == 0) {
        return NGX_OK;
    }

    switch (ngx_errno) {

    case NGX_EINVAL:
        ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request", "%s", error);
        break;

    case EFBIG:
        ngx_http_sandbox_error_set(failure, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                   "payload_too_large", "%s", error);
        break;

    default:
        ngx_http_sandbox_error_set(failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "INTERNAL_ERROR", "%s", error);
        break;
    }

    return NGX_DECLINED;
}
