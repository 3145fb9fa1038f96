
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_conf.h"
#include "preview/ngx_http_sandbox_preview_domain.h"


/* Configured preview domains: look-up by host, or by the name in a policy. */


ngx_http_sandbox_preview_domain_t *
ngx_http_sandbox_preview_domain_find(ngx_http_sandbox_main_conf_t *smcf,
    ngx_str_t *host)
{
    u_char                             *dot;
    size_t                              len;
    ngx_uint_t                          i;
    ngx_http_sandbox_preview_domain_t  *preview;

    dot = ngx_strlchr(host->data, host->data + host->len, '.');
    if (dot == NULL) {
        return NULL;
    }

    len = host->data + host->len - (dot + 1);
    preview = smcf->previews.elts;

    for (i = 0; i < smcf->previews.nelts; i++) {
        if (preview[i].host.len == len
            && ngx_memcmp(preview[i].host.data, dot + 1, len) == 0)
        {
            return &preview[i];
        }
    }

    return NULL;
}


ngx_http_sandbox_preview_domain_t *
ngx_http_sandbox_preview_domain_named(ngx_http_sandbox_main_conf_t *smcf,
    const char *host)
{
    size_t                              len;
    ngx_uint_t                          i;
    ngx_http_sandbox_preview_domain_t  *p;

    p = smcf->previews.elts;
    len = ngx_strlen(host);

    for (i = 0; i < smcf->previews.nelts; i++) {
        if (p[i].host.len == len
            && ngx_memcmp(p[i].host.data, host, len) == 0)
        {
            return &p[i];
        }
    }

    return NULL;
}
