
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PAGE_ASSETS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PAGE_ASSETS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* titles, texts and icons of pages: static HTML */


/* titles, texts and icons of pages: static HTML */

typedef struct {
    const char   *code;          /* NULL: any code of that status */
    ngx_uint_t    status;        /* 0: any */
    const char   *title;
    const char   *icon;          /* inside of an SVG, 24x24 */
    const char   *advice;        /* NULL: as suggested by the error */
    const char   *live;          /* status text of a live page; or NULL */
} ngx_http_sandbox_page_words_t;


/* never NULL */
const ngx_http_sandbox_page_words_t *ngx_http_sandbox_page_assets_words(
    ngx_uint_t status, const char *code);

extern const char  ngx_http_sandbox_page_assets_style[];
extern const char  ngx_http_sandbox_page_assets_script[];


#endif /* _NGX_HTTP_SANDBOX_PAGE_ASSETS_H_INCLUDED_ */
