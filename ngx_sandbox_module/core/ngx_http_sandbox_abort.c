
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_abort.h"


/* ends the upstream of a request before the request itself */


void
ngx_http_sandbox_abort_upstream(ngx_http_request_t *r)
{
    ngx_http_upstream_t  *u;
    ngx_http_cleanup_pt   cleanup;

    u = r->upstream;

    if (u == NULL || u->cleanup == NULL) {
        return;
    }

    /* the cleanup handler drops a reference of the request */

    r->main->count++;

    cleanup = *u->cleanup;
    cleanup(r);
}
