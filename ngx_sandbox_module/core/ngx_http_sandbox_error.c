
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_json_writer.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_response.h"

#include <cjson/cJSON.h>
#include <sys/time.h>


/* error responses of nginx */


typedef struct {
    const char  *code;
    const char  *text;
} ngx_http_sandbox_error_suggestion_t;


static const ngx_http_sandbox_error_suggestion_t
    ngx_http_sandbox_error_suggestions[] =
{
    { "INVALID_PORT",
      "Choose a port from 1024 to 65535, and make the app listen on it." },
    { "PORT_NOT_EXPOSED",
      "Expose the port first: POST /v1/sandbox/:id/ports with "
      "{\"port\":8080}." },
    { "INVALID_URL",
      "Percent-encode what a URL may not contain, such as a space (%20) and a "
      "\"%\" by itself (%25)." },
    { "INVALID_HEADERS",
      "Send exactly one Host; Content-Length or \"Transfer-Encoding: "
      "chunked\", but not both; and each header in one line, without spaces "
      "in its name." },
    { "METHOD_NOT_ALLOWED",
      "TRACE and CONNECT are never allowed. Use another method." },
    { "payload_too_large",
      "Send less." },
    { "URL_TOO_LONG",
      "Send long values in the body of a POST, or increase "
      "large_client_header_buffers." },
    { "HEADERS_TOO_LARGE",
      "Delete cookies of this site, or increase "
      "large_client_header_buffers." },
    { "UNKNOWN_TRANSFER_ENCODING",
      "Send Content-Length or \"Transfer-Encoding: chunked\"." },
    { "VERSION_NOT_SUPPORTED",
      "Use HTTP/1.1 or HTTP/2." },
    { "SANDBOX_NOT_FOUND",
      "List your sandboxes: GET /v1/sandbox." },
    { "SANDBOX_ALREADY_EXISTS",
      "Omit \"id\" to have one generated." },
    { "TOO_MANY_REQUESTS",
      "Wait for the time given in Retry-After, then try again." },
    { "STALE_PREVIEW_URL",
      "Call the sandbox's API, then load the page again." },
    { "PORT_NOT_LISTENING",
      "Start the app on this port, or expose the port on which it listens." },
    { "PORT_COMMAND_FAILED",
      "Fix the port's command and expose the port again, or start the app." },
    { "WAKE_TIMEOUT",
      "Try again, check the output of the port's command, or increase "
      "sandbox_wake_timeout." },
    { "MISDIRECTED",
      "Use a name that is listed in the server block's server_name." },
    { "FOREIGN_ORIGIN",
      "Add the origin to sandbox_api_cors, or call the API from the same "
      "origin." },
    { NULL, NULL }
};


static ngx_int_t ngx_http_sandbox_error_handler(ngx_http_request_t *r);
static void ngx_http_sandbox_error_set_va(ngx_http_sandbox_failure_t *failure,
    ngx_uint_t status, const char *code, const char *fmt, va_list args);
static cJSON *ngx_http_sandbox_error_json(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure);
static cJSON *ngx_http_sandbox_error_context(ngx_http_request_t *r);
static ngx_int_t ngx_http_sandbox_error_page(ngx_http_request_t *r,
    cJSON *json, ngx_uint_t status, ngx_str_t *text);
static const char *ngx_http_sandbox_error_suggestion(const char *code);
static void ngx_http_sandbox_error_utf8(u_char *text);


static cJSON *
ngx_http_sandbox_error_json(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure)
{
    const char             *message, *suggestion;
    sandbox_json_writer_t   w;

    message = (char *) failure->message;
    suggestion = ngx_http_sandbox_error_suggestion(failure->code);

    sandbox_json_writer_start(&w);
    sandbox_json_writer_string(&w, "error", message);
    sandbox_json_writer_string(&w, "code", failure->code);
    sandbox_json_writer_string(&w, "message", message);
    sandbox_json_writer_item(&w, "context", failure->context[0]
                                  ? cJSON_Parse((char *) failure->context)
                                  : ngx_http_sandbox_error_context(r));
    sandbox_json_writer_number(&w, "httpStatus", failure->status);
    sandbox_json_writer_time(&w, "timestamp", ngx_http_sandbox_clock_now());

    if (suggestion) {
        sandbox_json_writer_string(&w, "suggestion", suggestion);
    }

    return sandbox_json_writer_finish(&w);
}


static cJSON *
ngx_http_sandbox_error_context(ngx_http_request_t *r)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    return ctx && ctx->renderer ? ctx->renderer->context(r)
                                : cJSON_CreateObject();
}


static ngx_int_t
ngx_http_sandbox_error_page(ngx_http_request_t *r, cJSON *json,
    ngx_uint_t status, ngx_str_t *text)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    return ctx && ctx->renderer ? ctx->renderer->page(r, json, status, text)
                                : NGX_DECLINED;
}


ngx_int_t
ngx_http_sandbox_error_text(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure, ngx_str_t *text)
{
    cJSON      *json;
    ngx_int_t   rc;

    json = ngx_http_sandbox_error_json(r, failure);

    if (json) {
        rc = ngx_http_sandbox_error_page(r, json, failure->status, text);

        if (rc != NGX_DECLINED) {
            cJSON_Delete(json);
            return rc;
        }
    }

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_str_null(&r->headers_out.charset);

    return ngx_http_sandbox_response_print(r, json, text);
}


ngx_int_t
ngx_http_sandbox_error_send(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure)
{
    cJSON      *json;
    u_char     *p;
    ngx_int_t   rc;
    ngx_str_t   text;

    json = ngx_http_sandbox_error_json(r, failure);
    if (json == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (failure->status == NGX_HTTP_UNAUTHORIZED
        && ngx_http_sandbox_response_header(r, "WWW-Authenticate", "Bearer")
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

        if (ngx_http_sandbox_response_header(r, "Retry-After", (char *) p)
            != NGX_OK)
        {
            goto failed;
        }
    }

    rc = ngx_http_sandbox_error_page(r, json, failure->status, &text);

    if (rc == NGX_ERROR) {
        goto failed;
    }

    if (rc == NGX_OK) {
        cJSON_Delete(json);

        return ngx_http_sandbox_response_send(r, failure->status, &text);
    }

    return ngx_http_sandbox_response_json(r, failure->status, json);

failed:

    cJSON_Delete(json);

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static const char *
ngx_http_sandbox_error_suggestion(const char *code)
{
    const ngx_http_sandbox_error_suggestion_t  *s;

    for (s = ngx_http_sandbox_error_suggestions; s->code; s++) {
        if (ngx_strcmp(s->code, code) == 0) {
            return s->text;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_sandbox_error_handler(ngx_http_request_t *r)
{
    ngx_http_sandbox_ctx_t  *ctx;

    ctx = ngx_http_sandbox_ctx_get(r);

    if (ctx == NULL || ctx->failure.status == 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}


static void
ngx_http_sandbox_error_set_va(ngx_http_sandbox_failure_t *failure,
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

    ngx_http_sandbox_error_utf8(failure->message);
}


/*
 * A message may quote the engine or a client, and may be truncated within a
 * character: replace invalid UTF-8, which would make the JSON invalid.
 */

static void
ngx_http_sandbox_error_utf8(u_char *text)
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
ngx_http_sandbox_error_set(ngx_http_sandbox_failure_t *failure,
    ngx_uint_t status, const char *code, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ngx_http_sandbox_error_set_va(failure, status, code, fmt, args);
    va_end(args);
}


ngx_int_t
ngx_http_sandbox_error_refuse(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_uint_t status, const char *code,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ngx_http_sandbox_error_set_va(&ctx->failure, status, code, fmt, args);
    va_end(args);

    return ngx_http_sandbox_error_refuse_set(r);
}


ngx_int_t
ngx_http_sandbox_error_refuse_set(ngx_http_request_t *r)
{
    r->content_handler = ngx_http_sandbox_error_handler;

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_sandbox_error_refuse_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                                         "SANDBOX_NOT_FOUND",
                                         "Sandbox not found, or it belongs to "
                                         "another key. Create a sandbox with "
                                         "POST /v1/sandbox.");
}


ngx_int_t
ngx_http_sandbox_error_refuse_token(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                                         "INVALID_TOKEN",
                                         "There is no preview at this "
                                         "address: the token is invalid, or "
                                         "the port is not exposed. Ask the "
                                         "owner for a new link.");
}


void
ngx_http_sandbox_error_set_internal(ngx_http_sandbox_ctx_t *ctx)
{
    if (ctx->copied) {
        ngx_http_sandbox_error_set(&ctx->failure,
                                   NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "INTERNAL_ERROR",
                                   "The directory of this sandbox is that of "
                                   "another one, copied or renamed, and is not "
                                   "used. Ask the administrator to remove it, "
                                   "or to rename it back.");
        return;
    }

    ngx_http_sandbox_error_set(&ctx->failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                               "INTERNAL_ERROR",
                               "The sandbox cannot be read or written. See "
                               "nginx's error log for the cause.");
}


ngx_int_t
ngx_http_sandbox_error_send_internal(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_error_set_internal(ctx);

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}


ngx_int_t
ngx_http_sandbox_error_send_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    (void) ngx_http_sandbox_error_refuse_absent(r, ctx);

    return ngx_http_sandbox_error_send(r, &ctx->failure);
}
