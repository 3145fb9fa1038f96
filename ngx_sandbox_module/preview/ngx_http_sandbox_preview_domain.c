
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"
#include "preview/ngx_http_sandbox_preview_domain.h"


/* configured preview domains */


ngx_http_sandbox_preview_domain_t *
ngx_http_sandbox_preview_domain_find(ngx_http_sandbox_main_conf_t *smcf,
    const void *name, size_t len)
{
    size_t                              n;
    ngx_uint_t                          i;
    ngx_http_sandbox_preview_domain_t  *p;

    p = smcf->previews.elts;

    for (i = 0; i < smcf->previews.nelts; i++) {

        n = p[i].host.len;

        if (len < n || ngx_memcmp(name, p[i].host.data, n) != 0) {
            continue;
        }

        if (len == n
            || (len - n == p[i].port.len
                && ngx_memcmp((u_char *) name + n, p[i].port.data, len - n)
                   == 0))
        {
            return &p[i];
        }
    }

    return NULL;
}
