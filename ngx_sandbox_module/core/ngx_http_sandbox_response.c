
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "api/ngx_http_sandbox_api.h"
#include "preview/ngx_http_sandbox_page.h"
#include "sandbox/ngx_http_sandbox_tether.h"

#include <sys/time.h>


/* answers that nginx makes itself, and the JSON that it reads */


typedef struct {
    const char  *code;
    const char  *text;
} ngx_http_sandbox_suggestion_t;


static ngx_int_t ngx_http_sandbox_failure_handler(ngx_http_request_t *r);
static void ngx_http_sandbox_fail_va(ngx_http_sandbox_failure_t *failure,
    ngx_uint_t status, const char *code, const char *fmt, va_list args);
static cJSON *ngx_http_sandbox_failure_json(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure);
static cJSON *ngx_http_sandbox_failure_context(ngx_http_request_t *r);
static ngx_int_t ngx_http_sandbox_send_text(ngx_http_request_t *r,
    ngx_uint_t status, u_char *p, size_t len);
static const char *ngx_http_sandbox_suggestion(const char *code);
static void ngx_http_sandbox_utf8(u_char *text);


static const ngx_http_sandbox_suggestion_t
    ngx_http_sandbox_suggestions[] =
{
    { "INVALID_PORT",
      "Choose a port from 1024 to 65535 and let the app listen there." },
    { "PORT_NOT_EXPOSED",
      "Expose it first: POST /v1/sandbox/:id/ports with {\"port\":8080}." },
    { "SANDBOX_NOT_FOUND",
      "List your sandboxes: GET /v1/sandbox." },
    { "SANDBOX_ALREADY_EXISTS",
      "Leave the id out, so that a free one is issued." },
    { "TOO_MANY_REQUESTS",
      "Wait as long as Retry-After says." },
    { "STALE_PREVIEW_URL",
      "Call the sandbox's API, then load the page again." },
    { "PORT_COMMAND_FAILED",
      "Mend the port's command and expose the port with it again, or start "
      "the app." },
    { "WAKE_TIMEOUT",
      "Try again, look at what the port's command writes, or set "
      "sandbox_wake_timeout higher." },
    { "MISDIRECTED",
      "Call the API by a name that the server block's server_name has." },
    { "FOREIGN_ORIGIN",
      "Name the origin in sandbox_api_cors, or call from the same origin." },
    { NULL, NULL }
};


ngx_int_t
ngx_http_sandbox_header(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_str_t  text;

    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    return ngx_http_sandbox_header_text(r, name, &text);
}


ngx_int_t
ngx_http_sandbox_header_text(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_http_sandbox_header_init(h);
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_send_json(ngx_http_request_t *r, ngx_uint_t status,
    cJSON *json)
{
    char    *text;
    size_t   len;
    u_char  *p;

    text = json ? cJSON_PrintUnformatted(json) : NULL;

    cJSON_Delete(json);

    if (text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = ngx_strlen(text);

    p = ngx_pnalloc(r->pool, len + 1);

    if (p == NULL) {
        cJSON_free(text);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(p, text, len);
    p[len] = '\n';

    cJSON_free(text);

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    /* lists of ports carry tokens, and errors end when their cause does */

    if (ngx_http_sandbox_header(r, "Cache-Control", "no-store") != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_send_text(r, status, p, len + 1);
}


ngx_int_t
ngx_http_sandbox_send_page(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *text)
{
    if (ngx_http_sandbox_page_headers(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_send_text(r, status, text->data, text->len);
}


static ngx_int_t
ngx_http_sandbox_send_text(ngx_http_request_t *r, ngx_uint_t status,
    u_char *p, size_t len)
{
    ngx_buf_t    *b;
    ngx_int_t     rc;
    ngx_chain_t   out;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->pos = p;
    b->last = p + len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_sandbox_send_empty(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;

    ngx_http_clear_content_length(r);

    return ngx_http_send_header(r);
}


void
ngx_http_sandbox_iso_time(int64_t ms, char *buf)
{
    time_t      sec;
    struct tm   tm;

    sec = (time_t) (ms / 1000);

    if (gmtime_r(&sec, &tm) == NULL) {
        ngx_memzero(&tm, sizeof(struct tm));
        tm.tm_mday = 1;
        tm.tm_year = 70;
    }

    (void) ngx_sprintf((u_char *) buf, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ%Z",
                       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                       tm.tm_hour, tm.tm_min, tm.tm_sec, (int) (ms % 1000));
}


int64_t
ngx_http_sandbox_now(void)
{
    struct timeval  tv;

    ngx_gettimeofday(&tv);

    return (int64_t) tv.tv_sec * 1000 + tv.tv_usec / 1000;
}


ngx_int_t
ngx_http_sandbox_add_number(cJSON *json, const char *name, int64_t value,
    double unit)
{
    cJSON  *item;

    item = (value == -1) ? cJSON_AddNullToObject(json, name)
                         : cJSON_AddNumberToObject(json, name, value / unit);

    return item ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_sandbox_add_time(cJSON *json, const char *name, int64_t ms)
{
    char    time[NGX_HTTP_SANDBOX_TIME_LEN];
    cJSON  *item;

    if (ms == -1) {
        item = cJSON_AddNullToObject(json, name);

    } else {
        ngx_http_sandbox_iso_time(ms, time);
        item = cJSON_AddStringToObject(json, name, time);
    }

    return item ? NGX_OK : NGX_ERROR;
}


static cJSON *
ngx_http_sandbox_failure_json(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure)
{
    char         time[NGX_HTTP_SANDBOX_TIME_LEN];
    cJSON       *json, *context;
    const char  *message, *suggestion;

    json = cJSON_CreateObject();
    context = failure->context[0] ? cJSON_Parse((char *) failure->context)
                                  : ngx_http_sandbox_failure_context(r);

    if (json == NULL || context == NULL) {
        cJSON_Delete(json);
        cJSON_Delete(context);
        return NULL;
    }

    ngx_http_sandbox_iso_time(ngx_http_sandbox_now(), time);

    message = (char *) failure->message;
    suggestion = ngx_http_sandbox_suggestion(failure->code);

    if (cJSON_AddStringToObject(json, "error", message) == NULL
        || cJSON_AddStringToObject(json, "code", failure->code) == NULL
        || cJSON_AddStringToObject(json, "message", message) == NULL
        || !cJSON_AddItemToObject(json, "context", context)
        || cJSON_AddNumberToObject(json, "httpStatus", failure->status)
           == NULL
        || cJSON_AddStringToObject(json, "timestamp", time) == NULL
        || (suggestion
            && cJSON_AddStringToObject(json, "suggestion", suggestion)
               == NULL))
    {
        cJSON_Delete(json);
        return NULL;
    }

    return json;
}


/* of a preview, once its token was right: what there is to know of its port */

static cJSON *
ngx_http_sandbox_failure_context(ngx_http_request_t *r)
{
    cJSON                   *context, *list, *item;
    uint16_t                *ports;
    ngx_uint_t               i, n;
    ngx_http_sandbox_ctx_t  *ctx;

    context = cJSON_CreateObject();
    ctx = ngx_http_sandbox_get_ctx(r);

    if (context == NULL || ctx == NULL || !ctx->trusted) {
        return context;
    }

    if (cJSON_AddNumberToObject(context, "port", ctx->port) == NULL
        || cJSON_AddStringToObject(context, "state",
                                   ngx_http_sandbox_life(ctx->node))
           == NULL)
    {
        goto failed;
    }

    if (ctx->node->tether) {

        list = cJSON_AddArrayToObject(context, "listening");
        if (list == NULL) {
            goto failed;
        }

        n = ngx_http_sandbox_tether_ports(ctx->node, &ports);

        for (i = 0; i < n; i++) {
            item = cJSON_CreateObject();

            if (item == NULL || !cJSON_AddItemToArray(list, item)) {
                cJSON_Delete(item);
                goto failed;
            }

            if (cJSON_AddNumberToObject(item, "port", ports[i]) == NULL) {
                goto failed;
            }
        }
    }

    if (ctx->await.awaited) {
        item = ngx_http_sandbox_awaited_json(ctx->await.awaited);

        if (item == NULL
            || !cJSON_AddItemToObject(context, "command", item))
        {
            cJSON_Delete(item);
            goto failed;
        }
    }

    return context;

failed:

    cJSON_Delete(context);

    return NULL;
}


ngx_int_t
ngx_http_sandbox_failure_text(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure, ngx_str_t *text)
{
    char       *p;
    cJSON      *json;
    ngx_int_t   rc;

    json = ngx_http_sandbox_failure_json(r, failure);

    if (json && ngx_http_sandbox_get_ctx(r)->preview
        && ngx_http_sandbox_navigation(r))
    {
        rc = ngx_http_sandbox_page(r, json, failure->status, text);
        cJSON_Delete(json);

        return rc == NGX_OK ? ngx_http_sandbox_page_headers(r) : rc;
    }

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_str_null(&r->headers_out.charset);

    p = json ? cJSON_PrintUnformatted(json) : NULL;

    cJSON_Delete(json);

    if (p == NULL) {
        return NGX_ERROR;
    }

    text->len = ngx_strlen(p);
    text->data = ngx_pnalloc(r->pool, text->len + 1);

    if (text->data) {
        ngx_memcpy(text->data, p, text->len);
        text->data[text->len++] = '\n';
    }

    cJSON_free(p);

    return text->data ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_sandbox_send_failure(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure)
{
    cJSON                   *json;
    u_char                  *p;
    ngx_int_t                rc;
    ngx_str_t                text;
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_get_ctx(r);

    json = ngx_http_sandbox_failure_json(r, failure);
    if (json == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (failure->status == NGX_HTTP_UNAUTHORIZED
        && ngx_http_sandbox_header(r, "WWW-Authenticate", "Bearer")
           != NGX_OK)
    {
        goto failed;
    }

    if (failure->retry_after) {
        p = ngx_pnalloc(r->pool, NGX_INT_T_LEN + 1);
        if (p == NULL) {
            goto failed;
        }

        ngx_sprintf(p, "%ui%Z", failure->retry_after);

        if (ngx_http_sandbox_header(r, "Retry-After", (char *) p) != NGX_OK) {
            goto failed;
        }
    }

    if (ctx && ctx->preview && ngx_http_sandbox_navigation(r)) {

        rc = ngx_http_sandbox_page(r, json, failure->status, &text);
        cJSON_Delete(json);

        return rc == NGX_OK
               ? ngx_http_sandbox_send_page(r, failure->status, &text)
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_send_json(r, failure->status, json);

failed:

    cJSON_Delete(json);

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static const char *
ngx_http_sandbox_suggestion(const char *code)
{
    const ngx_http_sandbox_suggestion_t  *s;

    for (s = ngx_http_sandbox_suggestions; s->code; s++) {
        if (ngx_strcmp(s->code, code) == 0) {
            return s->text;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_sandbox_failure_handler(ngx_http_request_t *r)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_get_ctx(r);

    if (ctx == NULL || ctx->failure.status == 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_send_failure(r, &ctx->failure);
}


static void
ngx_http_sandbox_fail_va(ngx_http_sandbox_failure_t *failure,
    ngx_uint_t status, const char *code, const char *fmt, va_list args)
{
    u_char  *p, *last;

    failure->status = status;
    failure->code = code;
    failure->retry_after = 0;
    failure->context[0] = '\0';

    last = failure->message + sizeof(failure->message) - 1;

    p = ngx_vslprintf(failure->message, last, fmt, args);
    *p = '\0';

    ngx_http_sandbox_utf8(failure->message);
}


/*
 * A message may quote what the engine or a client said, and may have been cut
 * within a character: what is no UTF-8 must not make the JSON invalid.
 */

static void
ngx_http_sandbox_utf8(u_char *text)
{
    u_char  *p, *next, *end;

    end = text + ngx_strlen(text);

    for (p = text; p < end; /* void */ ) {

        if (*p < 0x80) {
            p++;
            continue;
        }

        next = p;

        if (ngx_utf8_decode(&next, end - p) <= 0x10ffff) {
            p = next;
            continue;
        }

        *p++ = '?';
    }
}


void
ngx_http_sandbox_fail(ngx_http_sandbox_failure_t *failure, ngx_uint_t status,
    const char *code, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ngx_http_sandbox_fail_va(failure, status, code, fmt, args);
    va_end(args);
}


ngx_int_t
ngx_http_sandbox_refuse(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx,
    ngx_uint_t status, const char *code, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ngx_http_sandbox_fail_va(&ctx->failure, status, code, fmt, args);
    va_end(args);

    return ngx_http_sandbox_refused(r);
}


ngx_int_t
ngx_http_sandbox_refused(ngx_http_request_t *r)
{
    r->content_handler = ngx_http_sandbox_failure_handler;

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_sandbox_refuse_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    return ngx_http_sandbox_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                                   "SANDBOX_NOT_FOUND",
                                   "There is no such sandbox, or it is "
                                   "another key's. POST /v1/sandbox makes "
                                   "one.");
}


ngx_int_t
ngx_http_sandbox_refuse_token(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    return ngx_http_sandbox_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                                   "INVALID_TOKEN",
                                   "There is no preview at this address: "
                                   "its token is wrong or the port is not "
                                   "exposed. Ask for a new link.");
}
