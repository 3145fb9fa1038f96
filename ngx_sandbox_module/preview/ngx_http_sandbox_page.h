
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PAGE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PAGE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* pages of nginx's own, and the events that they follow */


/* the words and looks of pages; all of it is HTML, and static */

typedef struct {
    const char   *code;          /* NULL: any of that status */
    ngx_uint_t    status;        /* 0: any */
    const char   *title;
    const char   *icon;          /* inside of an SVG, 24 by 24 */
    const char   *advice;        /* NULL: what the answer suggests */
    const char   *live;          /* what it waits for; NULL: it does not */
} ngx_http_sandbox_words_t;


/* ngx_http_sandbox_page_text.c */

/* never NULL */
const ngx_http_sandbox_words_t *ngx_http_sandbox_page_words(
    ngx_uint_t status, const char *code);

extern const char  ngx_http_sandbox_page_style[];
extern const char  ngx_http_sandbox_page_script[];


/* ngx_http_sandbox_page.c: what people see in place of an app */

/* 1: a person is to see the answer: a browser goes to it as to a page */
ngx_uint_t ngx_http_sandbox_navigation(ngx_http_request_t *r);
/* 1: and may be given a page that waits in its place */
ngx_uint_t ngx_http_sandbox_page_waits(ngx_http_request_t *r);
/*
 * An error as a page: json has the shape of docs/api.md, from whom
 * ever it is.  NGX_OK, text in the request's pool; or NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_page(ngx_http_request_t *r, cJSON *json,
    ngx_uint_t status, ngx_str_t *text);
/* the headers of a page; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_page_headers(ngx_http_request_t *r);
/* the page that becomes the app: results of a content handler */
ngx_int_t ngx_http_sandbox_send_waiting(ngx_http_request_t *r);
/* makes it the request's answer, returns DECLINED */
ngx_int_t ngx_http_sandbox_refuse_waiting(ngx_http_request_t *r);


/* ngx_http_sandbox_events.c: the path of previews that is nginx's own */

/* 1: the request is for it */
ngx_uint_t ngx_http_sandbox_events_reserved(ngx_http_request_t *r);
/* admits or refuses such a request; returns NGX_DECLINED */
ngx_int_t ngx_http_sandbox_events_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_PAGE_H_INCLUDED_ */
