
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_response.h"
#include "sandbox/ngx_http_sandbox_tether.h"
#include "lifecycle/ngx_http_sandbox_state.h"
#include "preview/ngx_http_sandbox_page.h"
#include "preview/ngx_http_sandbox_page_assets.h"


/*
 * HTML pages shown instead of an app: errors and the waiting page.  Output of
 * a container is always escaped as text, and the page's CSP allows only its
 * own scripts and styles.
 */


#define NGX_HTTP_SANDBOX_PAGE_TEXT    1024      /* limit of a string */
#define NGX_HTTP_SANDBOX_PAGE_LINES   64
#define NGX_HTTP_SANDBOX_PAGE_PORTS   16


typedef struct {
    ngx_pool_t                      *pool;
    u_char                          *start;
    u_char                          *pos;
    u_char                          *end;
    unsigned                         failed:1;
} ngx_http_sandbox_html_t;


typedef struct {
    ngx_http_request_t                  *request;
    ngx_http_sandbox_ctx_t              *ctx;
    const ngx_http_sandbox_page_words_t *words;
    ngx_uint_t                           status;
    const char                          *code;
    const char                          *message;
    const char                          *advice;
    cJSON                               *context;
    ngx_uint_t                           live;  /* the waiting page */
} ngx_http_sandbox_page_t;


static ngx_int_t ngx_http_sandbox_page_make(ngx_http_sandbox_page_t *page,
    ngx_str_t *text);
static void ngx_http_sandbox_page_head(ngx_http_sandbox_page_t *page,
    ngx_http_sandbox_html_t *html);
static void ngx_http_sandbox_page_facts(ngx_http_sandbox_page_t *page,
    ngx_http_sandbox_html_t *html);
static void ngx_http_sandbox_page_listening(cJSON *list,
    ngx_http_sandbox_html_t *html);
static void ngx_http_sandbox_page_log(ngx_http_sandbox_page_t *page,
    ngx_http_sandbox_html_t *html);
static ngx_int_t ngx_http_sandbox_page_nonce(ngx_http_sandbox_ctx_t *ctx);
static const char *ngx_http_sandbox_page_string(cJSON *json,
    const char *name);
static void ngx_http_sandbox_html(ngx_http_sandbox_html_t *html,
    const char *text);
static void ngx_http_sandbox_html_text(ngx_http_sandbox_html_t *html,
    const char *text, size_t max);
static void ngx_http_sandbox_html_number(ngx_http_sandbox_html_t *html,
    ngx_int_t n);
static void ngx_http_sandbox_html_bytes(ngx_http_sandbox_html_t *html,
    const void *data, size_t len);
static ngx_int_t ngx_http_sandbox_page_waiting_handler(ngx_http_request_t *r);


/* browsers send Sec-Fetch-Dest; for others, check Accept */

ngx_uint_t
ngx_http_sandbox_page_navigation(ngx_http_request_t *r)
{
    ngx_uint_t        n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (ngx_http_sandbox_header_websocket(r)) {
        return 0;
    }

    h = ngx_http_sandbox_header_in(r, "Sec-Fetch-Mode", &n);

    if (h && (h->value.len != sizeof("navigate") - 1
              || ngx_strncmp(h->value.data, "navigate", h->value.len) != 0))
    {
        return 0;
    }

    part = &r->headers_in.headers.part;
    n = 0;

    while ((h = ngx_http_sandbox_header_next(&part, &n)) != NULL) {

        if (ngx_http_sandbox_header_is(h, "Accept")
            && ngx_strlcasestrn(h->value.data, h->value.data + h->value.len,
                                (u_char *) "text/html",
                                sizeof("text/html") - 2))
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_sandbox_page_waits(ngx_http_request_t *r)
{
    return (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
           && ngx_http_sandbox_page_navigation(r);
}


ngx_int_t
ngx_http_sandbox_page(ngx_http_request_t *r, cJSON *json, ngx_uint_t status,
    ngx_str_t *text)
{
    ngx_http_sandbox_page_t  page;

    ngx_memzero(&page, sizeof(ngx_http_sandbox_page_t));

    page.request = r;
    page.ctx = ngx_http_sandbox_ctx_get(r);
    page.status = status;
    page.code = ngx_http_sandbox_page_string(json, "code");
    page.message = ngx_http_sandbox_page_string(json, "message");
    page.context = json ? cJSON_GetObjectItemCaseSensitive(json, "context")
                        : NULL;

    page.words = ngx_http_sandbox_page_assets_words(status, page.code);

    page.advice = page.words->advice;

    if (page.advice == NULL) {
        page.advice = ngx_http_sandbox_page_string(json, "suggestion");
    }

    page.live = (page.words->live && page.ctx->trusted
                 && r->method == NGX_HTTP_GET);

    return ngx_http_sandbox_page_make(&page, text);
}


ngx_int_t
ngx_http_sandbox_page_send_waiting(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_str_t                text;
    ngx_http_sandbox_page_t  page;

    ngx_memzero(&page, sizeof(ngx_http_sandbox_page_t));

    page.request = r;
    page.ctx = ngx_http_sandbox_ctx_get(r);
    page.status = NGX_HTTP_SERVICE_UNAVAILABLE;
    page.code = "WAKING";
    page.message = "";
    page.words = ngx_http_sandbox_page_assets_words(page.status, page.code);
    page.advice = page.words->advice;
    page.live = 1;

    rc = ngx_http_sandbox_page_make(&page, &text);

    if (rc != NGX_OK
        || ngx_http_sandbox_response_header(r, "Retry-After", "3") != NGX_OK
        || ngx_http_sandbox_page_headers(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_response_send(r, page.status, &text);
}


static ngx_int_t
ngx_http_sandbox_page_waiting_handler(ngx_http_request_t *r)
{
    return ngx_http_sandbox_page_send_waiting(r);
}


ngx_int_t
ngx_http_sandbox_page_refuse_waiting(ngx_http_request_t *r)
{
    r->content_handler = ngx_http_sandbox_page_waiting_handler;

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_sandbox_page_headers(ngx_http_request_t *r)
{
    u_char                  *p;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    p = ngx_pnalloc(r->pool, 256);

    if (p == NULL || ngx_http_sandbox_page_nonce(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    (void) ngx_snprintf(p, 256, "default-src 'none'; style-src 'nonce-%s'; "
                        "script-src 'nonce-%s'; connect-src 'self'; "
                        "img-src data:; base-uri 'none'; "
                        "form-action 'none'%Z", ctx->nonce, ctx->nonce);

    if (ngx_http_sandbox_response_header(r, "Content-Security-Policy",
                                         (char *) p)
        != NGX_OK

        || ngx_http_sandbox_response_header(r, "X-Content-Type-Options",
                                            "nosniff")
           != NGX_OK
        || ngx_http_sandbox_response_header(r, "Referrer-Policy", "same-origin")
           != NGX_OK
        || ngx_http_sandbox_response_header(r, "Cache-Control",
                                            "no-store") != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&r->headers_out.content_type, "text/html");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_str_set(&r->headers_out.charset, "utf-8");

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_page_nonce(ngx_http_sandbox_ctx_t *ctx)
{
    if (ctx->nonce[0] == '\0' && sandbox_name_token_random(ctx->nonce) == -1) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_page_make(ngx_http_sandbox_page_t *page, ngx_str_t *text)
{
    ngx_http_sandbox_html_t  html;

    if (ngx_http_sandbox_page_nonce(page->ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&html, sizeof(ngx_http_sandbox_html_t));
    html.pool = page->request->pool;

    ngx_http_sandbox_page_head(page, &html);

    ngx_http_sandbox_html(&html, "<body><main><svg viewBox=\"0 0 24 24\" "
                          "aria-hidden=\"true\"");
    ngx_http_sandbox_html(&html, page->status == NGX_HTTP_SERVICE_UNAVAILABLE
                                 && page->live ? " class=\"turn\">" : ">");
    ngx_http_sandbox_html(&html, page->words->icon);
    ngx_http_sandbox_html(&html, "</svg><h1>");
    ngx_http_sandbox_html(&html, page->words->title);
    ngx_http_sandbox_html(&html, "</h1>");

    if (page->message[0]) {
        ngx_http_sandbox_html(&html, "<p class=\"lead\">");
        ngx_http_sandbox_html_text(&html, page->message,
                                   NGX_HTTP_SANDBOX_PAGE_TEXT);
        ngx_http_sandbox_html(&html, "</p>");
    }

    if (page->live) {
        ngx_http_sandbox_html(&html, "<p id=\"status\" role=\"status\">");
        ngx_http_sandbox_html(&html, page->words->live);
        ngx_http_sandbox_html(&html, "</p>");
    }

    if (page->advice && page->advice[0]) {
        ngx_http_sandbox_html(&html, "<h2>What to do</h2><p>");
        ngx_http_sandbox_html_text(&html, page->advice,
                                   NGX_HTTP_SANDBOX_PAGE_TEXT);
        ngx_http_sandbox_html(&html, "</p>");
    }

    ngx_http_sandbox_page_log(page, &html);
    ngx_http_sandbox_page_facts(page, &html);

    ngx_http_sandbox_html(&html, "<p><a class=\"button\" href=\"\">Try again"
                          "</a></p></main>");

    if (page->live) {
        ngx_http_sandbox_html(&html, "<script nonce=\"");
        ngx_http_sandbox_html(&html, page->ctx->nonce);
        ngx_http_sandbox_html(&html, "\">");
        ngx_http_sandbox_html(&html, ngx_http_sandbox_page_assets_script);
        ngx_http_sandbox_html(&html, "</script>");
    }

    ngx_http_sandbox_html(&html, "</body></html>\n");

    if (html.failed) {
        return NGX_ERROR;
    }

    text->data = html.start;
    text->len = html.pos - html.start;

    return NGX_OK;
}


static void
ngx_http_sandbox_page_head(ngx_http_sandbox_page_t *page,
    ngx_http_sandbox_html_t *html)
{
    ngx_http_sandbox_html(html, "<!doctype html>\n<html lang=\"en\"><head>"
        "<meta charset=\"utf-8\"><meta name=\"viewport\" content=\""
        "width=device-width,initial-scale=1\"><meta name=\"color-scheme\" "
        "content=\"light dark\"><meta name=\"robots\" content=\"noindex\">"
        "<title>");
    ngx_http_sandbox_html(html, page->words->title);
    ngx_http_sandbox_html(html, "</title><link rel=\"icon\" href=\"data:,\">");

    /* without scripts, reload periodically */

    if (page->status == NGX_HTTP_SERVICE_UNAVAILABLE && page->live) {
        ngx_http_sandbox_html(html, "<noscript><meta http-equiv=\"refresh\" "
                              "content=\"3\"></noscript>");
    }

    ngx_http_sandbox_html(html, "<style nonce=\"");
    ngx_http_sandbox_html(html, page->ctx->nonce);
    ngx_http_sandbox_html(html, "\">");
    ngx_http_sandbox_html(html, ngx_http_sandbox_page_assets_style);
    ngx_http_sandbox_html(html, "</style></head>");
}


static void
ngx_http_sandbox_page_facts(ngx_http_sandbox_page_t *page,
    ngx_http_sandbox_html_t *html)
{
    cJSON                   *list;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = page->ctx;

    ngx_http_sandbox_html(html, "<dl>");

    if (ctx->trusted) {
        ngx_http_sandbox_html(html, "<div><dt>Sandbox</dt><dd id=\"state\">");
        ngx_http_sandbox_html(html,
                              ngx_http_sandbox_state_text(ctx->node));
        ngx_http_sandbox_html(html, "</dd></div><div><dt>Port</dt><dd>");
        ngx_http_sandbox_html_number(html, ctx->port);
        ngx_http_sandbox_html(html, "</dd></div>");

        list = page->context
               ? cJSON_GetObjectItemCaseSensitive(page->context, "listening")
               : NULL;

        if (cJSON_IsArray(list)) {
            ngx_http_sandbox_page_listening(list, html);
        }
    }

    if (page->message[0]) {
        ngx_http_sandbox_html(html, "<div><dt>Status</dt><dd>");
        ngx_http_sandbox_html_number(html, page->status);
        ngx_http_sandbox_html(html, " <code>");
        ngx_http_sandbox_html_text(html, page->code, 64);
        ngx_http_sandbox_html(html, "</code></dd></div>");
    }

    ngx_http_sandbox_html(html, "</dl>");
}


static void
ngx_http_sandbox_page_listening(cJSON *list, ngx_http_sandbox_html_t *html)
{
    cJSON       *item, *port;
    ngx_uint_t   n;
    const char  *address;

    ngx_http_sandbox_html(html, "<div><dt>Listening</dt><dd>");

    n = 0;

    cJSON_ArrayForEach(item, list) {
        port = cJSON_GetObjectItemCaseSensitive(item, "port");

        if (!cJSON_IsNumber(port) || port->valuedouble < 1
            || port->valuedouble > 65535)
        {
            continue;
        }

        if (n++ == NGX_HTTP_SANDBOX_PAGE_PORTS) {
            ngx_http_sandbox_html(html, ", …");
            break;
        }

        ngx_http_sandbox_html(html, n > 1 ? ", " : "");
        ngx_http_sandbox_html_number(html, (ngx_int_t) port->valuedouble);

        address = ngx_http_sandbox_page_string(item, "address");

        if (address[0]) {
            ngx_http_sandbox_html(html, " <span>on <bdi>");
            ngx_http_sandbox_html_text(html, address, 64);
            ngx_http_sandbox_html(html, "</bdi></span>");
        }
    }

    ngx_http_sandbox_html(html, n ? "</dd></div>" : "nothing</dd></div>");
}


static void
ngx_http_sandbox_page_log(ngx_http_sandbox_page_t *page,
    ngx_http_sandbox_html_t *html)
{
    cJSON       *command, *log, *item, *code;
    ngx_uint_t   n;

    command = page->context
              ? cJSON_GetObjectItemCaseSensitive(page->context, "command")
              : NULL;
    log = cJSON_GetObjectItemCaseSensitive(command, "log");
    code = cJSON_GetObjectItemCaseSensitive(command, "exitCode");

    if (!page->live && !cJSON_IsObject(command)) {
        return;
    }

    ngx_http_sandbox_html(html, "<section id=\"output\"");
    ngx_http_sandbox_html(html, cJSON_IsObject(command) ? "" : " hidden");
    ngx_http_sandbox_html(html, "><h2>Output of the command</h2>");

    if (cJSON_IsNumber(code) && code->valuedouble >= 0
        && code->valuedouble < 256)
    {
        ngx_http_sandbox_html(html, "<p>It exited with code ");
        ngx_http_sandbox_html_number(html, (ngx_int_t) code->valuedouble);
        ngx_http_sandbox_html(html, ".</p>");
    }

    ngx_http_sandbox_html(html, "<pre id=\"log\" tabindex=\"0\" role=\"log\" "
                          "aria-label=\"Output of the port's command\">");

    n = 0;

    cJSON_ArrayForEach(item, log) {

        if (!cJSON_IsString(item) || n++ == NGX_HTTP_SANDBOX_PAGE_LINES) {
            break;
        }

        ngx_http_sandbox_html(html, "<div>");
        ngx_http_sandbox_html_text(html, item->valuestring,
                                   NGX_HTTP_SANDBOX_PAGE_TEXT);
        ngx_http_sandbox_html(html, "</div>");
    }

    ngx_http_sandbox_html(html, "</pre></section>");
}


static const char *
ngx_http_sandbox_page_string(cJSON *json, const char *name)
{
    cJSON  *item;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, name) : NULL;

    return cJSON_IsString(item) ? item->valuestring : "";
}


static void
ngx_http_sandbox_html(ngx_http_sandbox_html_t *html, const char *text)
{
    ngx_http_sandbox_html_bytes(html, text, ngx_strlen(text));
}


static void
ngx_http_sandbox_html_number(ngx_http_sandbox_html_t *html, ngx_int_t n)
{
    u_char  buf[NGX_INT_T_LEN];

    ngx_http_sandbox_html_bytes(html, buf, ngx_sprintf(buf, "%i", n) - buf);
}


/* untrusted text: non-text bytes are dropped */

static void
ngx_http_sandbox_html_text(ngx_http_sandbox_html_t *html, const char *text,
    size_t max)
{
    u_char    *p, *next, *end;
    uint32_t   c;

    p = (u_char *) text;
    end = p + ngx_min(ngx_strlen(text), max);

    while (p < end) {

        next = p;
        c = (*p < 0x80) ? *next++ : ngx_utf8_decode(&next, end - p);

        if (c > 0x10ffff) {
            ngx_http_sandbox_html(html, "\xef\xbf\xbd");
            p = (next > p) ? next : p + 1;
            continue;
        }

        switch (c) {

        case '&':
            ngx_http_sandbox_html(html, "&amp;");
            break;

        case '<':
            ngx_http_sandbox_html(html, "&lt;");
            break;

        case '>':
            ngx_http_sandbox_html(html, "&gt;");
            break;

        case '"':
            ngx_http_sandbox_html(html, "&quot;");
            break;

        case '\'':
            ngx_http_sandbox_html(html, "&#39;");
            break;

        default:

            if ((c >= 0x20 || c == '\t' || c == '\n')
                && (c < 0x7f || c > 0x9f))
            {
                ngx_http_sandbox_html_bytes(html, p, next - p);
            }

            break;
        }

        p = next;
    }
}


static void
ngx_http_sandbox_html_bytes(ngx_http_sandbox_html_t *html, const void *data,
    size_t len)
{
    u_char  *p;
    size_t   size;

    if (html->failed) {
        return;
    }

    if (len > (size_t) (html->end - html->pos)) {

        size = 2 * (html->end - html->start) + len + 4096;

        p = ngx_pnalloc(html->pool, size);
        if (p == NULL) {
            html->failed = 1;
            return;
        }

        if (html->start) {
            ngx_memcpy(p, html->start, html->pos - html->start);
        }

        html->pos = p + (html->pos - html->start);
        html->start = p;
        html->end = p + size;
    }

    html->pos = ngx_cpymem(html->pos, data, len);
}
