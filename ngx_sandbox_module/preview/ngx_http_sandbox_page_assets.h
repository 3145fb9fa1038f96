
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PAGE_ASSETS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PAGE_ASSETS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the words and looks of pages; all of it is HTML, and static */


/* the words and looks of pages; all of it is HTML, and static */

typedef struct {
    const char   *code;          /* NULL: any of that status */
    ngx_uint_t    status;        /* 0: any */
    const char   *title;
    const char   *icon;          /* inside of an SVG, 24 by 24 */
    const char   *advice;        /* NULL: what the answer suggests */
    const char   *live;          /* what it waits for; NULL: it does not */
} ngx_http_sandbox_page_words_t;


/* never NULL */
const ngx_http_sandbox_page_words_t *ngx_http_sandbox_page_assets_words(
    ngx_uint_t status, const char *code);

extern const char  ngx_http_sandbox_page_assets_style[];
extern const char  ngx_http_sandbox_page_assets_script[];


#endif /* _NGX_HTTP_SANDBOX_PAGE_ASSETS_H_INCLUDED_ */
