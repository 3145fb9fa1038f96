
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_start_type.h"


/* the names of start types in headers, logs and metrics */


const char *
ngx_http_sandbox_start_type_name(ngx_http_sandbox_start_type_e type)
{
    static const char  *names[NGX_HTTP_SANDBOX_START_TYPES] = {
        "", "hit", "pool", "wake", "create", "lost"
    };

    return names[type];
}
