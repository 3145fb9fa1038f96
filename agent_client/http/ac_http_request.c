
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ac_text.h"
#include "http/ac_http_request.h"


#define AC_HTTP_HEADERS_MAX    128
#define AC_HTTP_HEADERS_BYTES  32768
#define AC_HTTP_CONNECT_MS     5000


static int ac_http_request_setup(ac_http_request_t *r,
    const ac_http_params_t *params);
static int ac_http_request_tls(ac_http_request_t *r,
    const ac_http_params_t *params);
static size_t ac_http_request_header(char *p, size_t size, size_t n,
    void *data);
static size_t ac_http_request_body(char *p, size_t size, size_t n,
    void *data);
static void ac_http_request_value(char *dst, size_t size, const char *p,
    size_t len);
static ac_error_e ac_http_request_error(ac_http_request_t *r, CURLcode code,
    const char **text);


ac_http_request_t *
ac_http_request_create(ac_http_t *http, const ac_http_params_t *params,
    ac_http_pt handler, void *data)
{
    ac_http_request_t  *r;

    r = calloc(1, sizeof(ac_http_request_t));
    if (r == NULL) {
        return NULL;
    }

    r->http = http;
    r->handler = handler;
    r->data = data;
    r->body_max = params->body_max;
    r->stream = params->stream;

    if (ac_http_request_setup(r, params) == -1) {
        ac_http_request_free(r);
        return NULL;
    }

    return r;
}


void
ac_http_request_free(ac_http_request_t *r)
{
    r->http->multi.in_curl++;

    if (r->added) {
        curl_multi_remove_handle(r->http->multi.handle, r->easy);
    }

    if (r->easy) {
        curl_easy_cleanup(r->easy);
    }

    r->http->multi.in_curl--;

    curl_slist_free_all(r->headers);
    curl_slist_free_all(r->resolve);
    free(r->result.body);
    free(r);
}


void
ac_http_request_push(ac_http_request_t *r, ac_http_list_e list)
{
    ac_http_queue_t  *queue;

    queue = &r->http->queues[list];

    r->list = list;
    r->next = NULL;

    *queue->last = r;
    queue->last = &r->next;
}


void
ac_http_request_unlink(ac_http_request_t *r)
{
    ac_http_queue_t     *queue;
    ac_http_request_t  **p;

    if (r->list == AC_HTTP_LIST_NONE) {
        return;
    }

    queue = &r->http->queues[r->list];

    for (p = &queue->first; *p != r; p = &(*p)->next) { /* void */ }

    *p = r->next;

    if (queue->last == &r->next) {
        queue->last = p;
    }

    r->list = AC_HTTP_LIST_NONE;
}


ac_http_request_t *
ac_http_request_pop(ac_http_t *http, ac_http_list_e list)
{
    ac_http_request_t  *r;

    r = http->queues[list].first;

    if (r) {
        ac_http_request_unlink(r);
    }

    return r;
}


void
ac_http_request_fail(ac_http_request_t *r, ac_error_e error, const char *text)
{
    ac_http_t  *http;

    if (r->result.done) {
        return;
    }

    http = r->http;

    r->result.error = error;
    r->result.done = 1;

    if (text) {
        ac_text_copy(r->result.message, sizeof(r->result.message), text,
                     strlen(text));
    }

    if (r->list == AC_HTTP_LIST_NONE) {
        ac_http_request_push(r, AC_HTTP_LIST_READY);
    }

    http->multi.loop->start(http->kick, 0);
}


void
ac_http_request_done(ac_http_request_t *r, CURLcode code)
{
    long         status;
    ac_error_e   error;
    const char  *text;

    if (r->result.done) {
        return;
    }

    error = ac_http_request_error(r, code, &text);

    if (error) {
        ac_http_request_fail(r, error, text);
        return;
    }

    status = 0;
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);

    r->result.status = (int) status;
    r->result.done = 1;

    if (r->list == AC_HTTP_LIST_NONE) {
        ac_http_request_push(r, AC_HTTP_LIST_READY);
    }
}


/* *text NULL: result.message is set already */

static ac_error_e
ac_http_request_error(ac_http_request_t *r, CURLcode code, const char **text)
{
    long  err;

    if (r->result.error) {

        /* one of our callbacks has ended the transfer */

        *text = NULL;
        return r->result.error;
    }

    *text = r->error[0] ? r->error : curl_easy_strerror(code);

    switch (code) {

    case CURLE_OK:

        if (!r->headers_end) {
            *text = "the connection was closed before the end of the headers";
            return AC_BROKEN;
        }

        return AC_OK;

    case CURLE_OUT_OF_MEMORY:
        return AC_NOMEM;

    case CURLE_FILESIZE_EXCEEDED:
        *text = "the response is too large";
        return AC_TOO_BIG;

    case CURLE_COULDNT_CONNECT:
        err = 0;

        if (curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &err) == CURLE_OK
            && err)
        {
            *text = strerror((int) err);
        }

        return AC_UNREACHABLE;

    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_OPERATION_TIMEDOUT:        /* of connecting: no other is set */
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return AC_UNREACHABLE;

    default:
        return AC_BROKEN;
    }
}


static int
ac_http_request_setup(ac_http_request_t *r, const ac_http_params_t *params)
{
    CURL               *easy;
    CURLcode            rc;
    const char        **p;
    struct curl_slist  *list;

    static const char  *headers[] = {
        "Expect:",
        "Accept: application/json",
        NULL
    };

    easy = curl_easy_init();
    if (easy == NULL) {
        return -1;
    }

    r->easy = easy;

    for (p = headers; *p; p++) {
        list = curl_slist_append(r->headers, *p);
        if (list == NULL) {
            return -1;
        }

        r->headers = list;
    }

    list = curl_slist_append(r->headers, params->body
                                         ? "Content-Type: application/json"
                                         : "Content-Type:");
    if (list == NULL) {
        return -1;
    }

    r->headers = list;

    if (params->resolve) {
        r->resolve = curl_slist_append(NULL, params->resolve);
        if (r->resolve == NULL) {
            return -1;
        }
    }

    rc = curl_easy_setopt(easy, CURLOPT_URL, params->url);

#define ac_http_opt(opt, value)                                               \
    if (rc == CURLE_OK) {                                                     \
        rc = curl_easy_setopt(easy, opt, value);                              \
    }

#if (LIBCURL_VERSION_NUM >= 0x075500)
    ac_http_opt(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    ac_http_opt(CURLOPT_PROTOCOLS, (long) (CURLPROTO_HTTP|CURLPROTO_HTTPS));
#endif

    ac_http_opt(CURLOPT_PRIVATE, r);
    ac_http_opt(CURLOPT_ERRORBUFFER, r->error);
    ac_http_opt(CURLOPT_NOSIGNAL, 1L);
    ac_http_opt(CURLOPT_PROXY, "");
    ac_http_opt(CURLOPT_FOLLOWLOCATION, 0L);
    ac_http_opt(CURLOPT_PATH_AS_IS, 1L);
    ac_http_opt(CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
    ac_http_opt(CURLOPT_TCP_KEEPALIVE, 1L);
    ac_http_opt(CURLOPT_USERAGENT, "ngx_sandbox");
    ac_http_opt(CURLOPT_HTTPHEADER, r->headers);
    ac_http_opt(CURLOPT_CONNECTTIMEOUT_MS,
                params->connect_ms ? (long) params->connect_ms
                                   : (long) AC_HTTP_CONNECT_MS);

    ac_http_opt(CURLOPT_HEADERFUNCTION, ac_http_request_header);
    ac_http_opt(CURLOPT_HEADERDATA, r);
    ac_http_opt(CURLOPT_WRITEFUNCTION, ac_http_request_body);
    ac_http_opt(CURLOPT_WRITEDATA, r);

    if (rc == CURLE_OK) {
        rc = ac_http_socket_setup(&r->http->multi, easy);
    }

    if (!r->stream) {
        ac_http_opt(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) r->body_max);
    }

    if (params->unix_path) {
        ac_http_opt(CURLOPT_UNIX_SOCKET_PATH, params->unix_path);
    }

    if (r->resolve) {
        ac_http_opt(CURLOPT_RESOLVE, r->resolve);
    }

    if (params->body) {
        ac_http_opt(CURLOPT_POSTFIELDSIZE_LARGE,
                    (curl_off_t) strlen(params->body));
        ac_http_opt(CURLOPT_COPYPOSTFIELDS, params->body);

    } else if (strcmp(params->method, "POST") == 0) {
        ac_http_opt(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) 0);
        ac_http_opt(CURLOPT_COPYPOSTFIELDS, "");
    }

    if (strcmp(params->method, "GET") != 0
        && strcmp(params->method, "POST") != 0)
    {
        ac_http_opt(CURLOPT_CUSTOMREQUEST, params->method);
    }

    return rc == CURLE_OK ? ac_http_request_tls(r, params) : -1;
}


static int
ac_http_request_tls(ac_http_request_t *r, const ac_http_params_t *params)
{
    unsigned          i;
    struct curl_blob  blob;

    struct {
        CURLoption             option;
        const ac_http_blob_t  *blob;
    } blobs[] = {
        { CURLOPT_CAINFO_BLOB, &params->ca },
        { CURLOPT_SSLCERT_BLOB, &params->cert },
        { CURLOPT_SSLKEY_BLOB, &params->key }
    };

    for (i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++) {

        if (blobs[i].blob->data == NULL) {
            continue;
        }

        blob.data = (void *) blobs[i].blob->data;
        blob.len = blobs[i].blob->len;
        blob.flags = CURL_BLOB_NOCOPY;

        if (curl_easy_setopt(r->easy, blobs[i].option, &blob) != CURLE_OK) {
            return -1;
        }
    }

    return 0;
}


static size_t
ac_http_request_header(char *p, size_t size, size_t n, void *data)
{
    ac_http_request_t  *r;

    r = data;
    n *= size;

    /* headers of 1xx responses count too */

    r->header_bytes += n;

    if (++r->nheaders > AC_HTTP_HEADERS_MAX
        || r->header_bytes > AC_HTTP_HEADERS_BYTES)
    {
        r->result.error = AC_TOO_BIG;
        (void) strcpy(r->result.message, "the response has too many headers");
        return 0;
    }

    if (n == 2 && p[0] == '\r') {
        r->headers_end = 1;
    }

    if (n >= 5 && memcmp(p, "HTTP/", 5) == 0) {
        r->headers_end = 0;
        r->result.api_version[0] = '\0';
        r->result.content_type[0] = '\0';

    } else if (n > 12 && strncasecmp(p, "API-Version:", 12) == 0) {
        ac_http_request_value(r->result.api_version,
                             sizeof(r->result.api_version), p + 12, n - 12);

    } else if (n > 13 && strncasecmp(p, "Content-Type:", 13) == 0) {
        ac_http_request_value(r->result.content_type,
                             sizeof(r->result.content_type), p + 13, n - 13);
    }

    return n;
}


static void
ac_http_request_value(char *dst, size_t size, const char *p, size_t len)
{
    while (len && (*p == ' ' || *p == '\t')) {
        p++;
        len--;
    }

    while (len && (p[len - 1] == '\r' || p[len - 1] == '\n'
                   || p[len - 1] == ' ' || p[len - 1] == '\t'))
    {
        len--;
    }

    ac_text_copy(dst, size, p, len);
}


static size_t
ac_http_request_body(char *p, size_t size, size_t n, void *data)
{
    char               *body;
    long                status;
    size_t              room;
    ac_http_result_t   *res;
    ac_http_request_t  *r;

    r = data;
    res = &r->result;
    n *= size;

    if (n > r->body_max - res->len) {
        res->error = AC_TOO_BIG;
        (void) strcpy(res->message, "the response is too large");
        return 0;
    }

    if (res->len + n + 1 > r->size) {

        for (room = r->size ? r->size : 4096;
             room < res->len + n + 1;
             room *= 2)
        {
            /* void */
        }

        body = realloc(res->body, room);
        if (body == NULL) {
            res->error = AC_NOMEM;
            return 0;
        }

        res->body = body;
        r->size = room;
    }

    memcpy(res->body + res->len, p, n);
    res->len += n;
    res->body[res->len] = '\0';

    if (r->stream && r->list == AC_HTTP_LIST_NONE && n) {
        status = 0;
        curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
        res->status = (int) status;

        ac_http_request_push(r, AC_HTTP_LIST_READY);
    }

    return n;
}
