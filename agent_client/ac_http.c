
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "ac_http.h"
#include "ac_text.h"


#define AC_HTTP_HEADERS_MAX      128
#define AC_HTTP_HEADERS_BYTES    32768
#define AC_HTTP_IDLE_MAX         8
#define AC_HTTP_TOTAL_MAX        128
#define AC_HTTP_CONNECT_MS       5000


/* membership of a request in a list of its owner */
typedef enum {
    AC_HTTP_LIST_NONE = 0,
    AC_HTTP_LIST_PENDING,      /* to be added to the multi handle */
    AC_HTTP_LIST_READY,        /* its handler is to run */
    AC_HTTP_LIST_TRASH         /* to be freed */
} ac_http_list_e;


typedef struct ac_http_socket_s  ac_http_socket_t;

struct ac_http_socket_s {
    ac_http_socket_t         *next;
    ac_http_t                *http;
    ac_watch_t               *watch;
    curl_socket_t             fd;
};


typedef struct {
    ac_http_request_t        *first;
    ac_http_request_t       **last;
} ac_http_queue_t;


struct ac_http_request_s {
    ac_http_result_t          result;

    ac_http_request_t        *next;
    ac_http_list_e            list;
    ac_http_t                *http;
    ac_http_pt                handler;
    void                     *data;

    CURL                     *easy;
    struct curl_slist        *headers;
    struct curl_slist        *resolve;

    size_t                    size;         /* of result.body */
    size_t                    body_max;
    size_t                    header_bytes;
    unsigned                  nheaders;

    unsigned                  added:1;
    unsigned                  stream:1;

    char                      error[CURL_ERROR_SIZE];
};


struct ac_http_s {
    ac_loop_t                *loop;
    CURLM                    *multi;
    ac_timer_t               *timer;        /* libcurl's */
    ac_timer_t               *kick;         /* ours, for another turn */
    ac_http_socket_t         *sockets;
    ac_http_queue_t           queues[AC_HTTP_LIST_TRASH + 1];
    int                      *gone;         /* of the delivery under way */
    unsigned                  in_curl;
};


static void ac_http_push(ac_http_request_t *r, ac_http_list_e list);
static void ac_http_unlink(ac_http_request_t *r);
static int ac_http_setup(ac_http_request_t *r,
    const ac_http_params_t *params);
static int ac_http_setup_tls(ac_http_request_t *r,
    const ac_http_params_t *params);
static void ac_http_release(ac_http_request_t *r);
static void ac_http_add(ac_http_request_t *r);
static void ac_http_turn(ac_http_t *http);
static void ac_http_done(ac_http_request_t *r, CURLcode code);
static void ac_http_fail(ac_http_request_t *r, ac_error_e error,
    const char *text);
static void ac_http_deliver(ac_http_t *http);

static int ac_http_on_interest(CURL *easy, curl_socket_t fd, int what,
    void *data, void *socket);
static int ac_http_on_timeout(CURLM *multi, long ms, void *data);
static curl_socket_t ac_http_on_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *addr);
static int ac_http_on_close(void *data, curl_socket_t fd);
static size_t ac_http_on_header(char *p, size_t size, size_t n, void *data);
static size_t ac_http_on_body(char *p, size_t size, size_t n, void *data);
static void ac_http_header_value(char *dst, size_t size, const char *p,
    size_t len);

static void ac_http_socket_handler(void *data, int fd, unsigned events);
static void ac_http_timer_handler(void *data);
static void ac_http_kick_handler(void *data);
static void ac_http_forget(ac_http_t *http, curl_socket_t fd);


ac_http_t *
ac_http_create(ac_loop_t *loop)
{
    unsigned    i;
    ac_http_t  *http;

    http = calloc(1, sizeof(ac_http_t));
    if (http == NULL) {
        return NULL;
    }

    http->loop = loop;

    for (i = 0; i <= AC_HTTP_LIST_TRASH; i++) {
        http->queues[i].last = &http->queues[i].first;
    }

    http->timer = loop->timer(loop, AC_BACKGROUND, ac_http_timer_handler,
                              http);
    http->kick = loop->timer(loop, AC_BACKGROUND, ac_http_kick_handler, http);
    http->multi = curl_multi_init();

    if (http->timer == NULL || http->kick == NULL || http->multi == NULL) {
        ac_http_destroy(http);
        return NULL;
    }

    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION,
                      ac_http_on_interest);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION,
                      ac_http_on_timeout);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING,
                      (long) CURLPIPE_NOTHING);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS,
                      (long) AC_HTTP_IDLE_MAX);
    curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                      (long) AC_HTTP_TOTAL_MAX);

    return http;
}


void
ac_http_destroy(ac_http_t *http)
{
    unsigned            i;
    ac_http_request_t  *r;

    if (http->gone) {
        *http->gone = 1;
    }

    for (i = 0; i <= AC_HTTP_LIST_TRASH; i++) {

        while ((r = http->queues[i].first) != NULL) {
            ac_http_unlink(r);
            ac_http_release(r);
        }
    }

    if (http->multi) {
        http->in_curl++;
        curl_multi_cleanup(http->multi);
        http->in_curl--;
    }

    while (http->sockets) {
        ac_http_forget(http, http->sockets->fd);
    }

    if (http->timer) {
        http->loop->free_timer(http->timer);
    }

    if (http->kick) {
        http->loop->free_timer(http->kick);
    }

    free(http);
}


ac_http_request_t *
ac_http_start(ac_http_t *http, const ac_http_params_t *params,
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

    if (ac_http_setup(r, params) == -1) {
        ac_http_release(r);
        return NULL;
    }

    if (http->in_curl) {
        ac_http_push(r, AC_HTTP_LIST_PENDING);
        http->loop->start(http->kick, 0);

    } else {
        ac_http_add(r);
    }

    return r;
}


ac_http_result_t *
ac_http_result(ac_http_request_t *r)
{
    return &r->result;
}


void
ac_http_consume(ac_http_request_t *r, size_t n)
{
    ac_http_result_t  *res;

    res = &r->result;

    if (n >= res->len) {
        n = res->len;
    }

    if (n) {
        memmove(res->body, res->body + n, res->len - n + 1);
        res->len -= n;
    }
}


void
ac_http_free(ac_http_request_t *r)
{
    ac_http_unlink(r);

    if (r->http->in_curl) {

        /* the loop ran somebody's handler while it served libcurl */

        ac_http_push(r, AC_HTTP_LIST_TRASH);
        r->http->loop->start(r->http->kick, 0);
        return;
    }

    ac_http_release(r);
}


static void
ac_http_push(ac_http_request_t *r, ac_http_list_e list)
{
    ac_http_queue_t  *queue;

    queue = &r->http->queues[list];

    r->list = list;
    r->next = NULL;

    *queue->last = r;
    queue->last = &r->next;
}


static void
ac_http_unlink(ac_http_request_t *r)
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


static int
ac_http_setup(ac_http_request_t *r, const ac_http_params_t *params)
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

    ac_http_opt(CURLOPT_HEADERFUNCTION, ac_http_on_header);
    ac_http_opt(CURLOPT_HEADERDATA, r);
    ac_http_opt(CURLOPT_WRITEFUNCTION, ac_http_on_body);
    ac_http_opt(CURLOPT_WRITEDATA, r);

    /* these outlive the request together with its connection */

    ac_http_opt(CURLOPT_OPENSOCKETFUNCTION, ac_http_on_open);
    ac_http_opt(CURLOPT_CLOSESOCKETFUNCTION, ac_http_on_close);
    ac_http_opt(CURLOPT_CLOSESOCKETDATA, r->http);

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

    return rc == CURLE_OK ? ac_http_setup_tls(r, params) : -1;
}


static int
ac_http_setup_tls(ac_http_request_t *r, const ac_http_params_t *params)
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


static void
ac_http_release(ac_http_request_t *r)
{
    r->http->in_curl++;

    if (r->added) {
        curl_multi_remove_handle(r->http->multi, r->easy);
    }

    if (r->easy) {
        curl_easy_cleanup(r->easy);
    }

    r->http->in_curl--;

    curl_slist_free_all(r->headers);
    curl_slist_free_all(r->resolve);
    free(r->result.body);
    free(r);
}


static void
ac_http_add(ac_http_request_t *r)
{
    CURLMcode   rc;
    ac_http_t  *http;

    http = r->http;

    http->in_curl++;
    rc = curl_multi_add_handle(http->multi, r->easy);
    http->in_curl--;

    if (rc != CURLM_OK) {
        ac_http_fail(r, AC_NOMEM, curl_multi_strerror(rc));
        return;
    }

    r->added = 1;
}


/* after each call that makes libcurl work, never inside its callbacks */

static void
ac_http_turn(ac_http_t *http)
{
    int                 left;
    char               *private;
    CURL               *easy;
    CURLMsg            *msg;
    CURLcode            code;
    ac_http_request_t  *r;

    while ((r = http->queues[AC_HTTP_LIST_TRASH].first) != NULL) {
        ac_http_unlink(r);
        ac_http_release(r);
    }

    while ((r = http->queues[AC_HTTP_LIST_PENDING].first) != NULL) {
        ac_http_unlink(r);
        ac_http_add(r);
    }

    while ((msg = curl_multi_info_read(http->multi, &left)) != NULL) {

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        /* removing the handle takes the message away */

        easy = msg->easy_handle;
        code = msg->data.result;
        private = NULL;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        r = (ac_http_request_t *) private;

        http->in_curl++;
        curl_multi_remove_handle(http->multi, easy);
        http->in_curl--;

        r->added = 0;

        ac_http_done(r, code);
    }

    ac_http_deliver(http);
}


static void
ac_http_done(ac_http_request_t *r, CURLcode code)
{
    long         status, err;
    ac_error_e   error;
    const char  *text;

    if (r->result.done) {
        return;
    }

    text = r->error[0] ? r->error : curl_easy_strerror(code);

    switch (code) {

    case CURLE_OK:
        error = r->result.error;
        break;

    case CURLE_OUT_OF_MEMORY:
        error = AC_NOMEM;
        break;

    case CURLE_FILESIZE_EXCEEDED:
        error = AC_TOO_BIG;
        text = "the answer is too long";
        break;

    case CURLE_COULDNT_CONNECT:
        error = AC_UNREACHABLE;
        err = 0;

        if (curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &err) == CURLE_OK
            && err)
        {
            text = strerror((int) err);
        }

        break;

    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_OPERATION_TIMEDOUT:        /* of connecting: no other is set */
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        error = AC_UNREACHABLE;
        break;

    default:
        error = AC_BROKEN;
        break;
    }

    if (r->result.error) {

        /* a callback of ours has ended it and said why */

        error = r->result.error;
        text = NULL;
    }

    if (error) {
        ac_http_fail(r, error, text);
        return;
    }

    status = 0;
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);

    r->result.status = (int) status;
    r->result.done = 1;

    if (r->list == AC_HTTP_LIST_NONE) {
        ac_http_push(r, AC_HTTP_LIST_READY);
    }
}


static void
ac_http_fail(ac_http_request_t *r, ac_error_e error, const char *text)
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
        ac_http_push(r, AC_HTTP_LIST_READY);
    }

    http->loop->start(http->kick, 0);
}


static void
ac_http_deliver(ac_http_t *http)
{
    int                 gone, *outer;
    ac_http_request_t  *r;

    gone = 0;
    outer = http->gone;
    http->gone = &gone;

    while ((r = http->queues[AC_HTTP_LIST_READY].first) != NULL) {
        ac_http_unlink(r);
        r->handler(r->data, r);

        if (gone) {

            if (outer) {
                *outer = 1;
            }

            return;
        }
    }

    http->gone = outer;
}


static int
ac_http_on_interest(CURL *easy, curl_socket_t fd, int what, void *data,
    void *socket)
{
    char              *private;
    unsigned           events;
    ac_http_t         *http;
    ac_http_socket_t  *s;

    http = data;

    if (what == CURL_POLL_REMOVE) {
        ac_http_forget(http, fd);
        return 0;
    }

    for (s = http->sockets; s && s->fd != fd; s = s->next) { /* void */ }

    if (s == NULL) {
        s = malloc(sizeof(ac_http_socket_t));
        if (s == NULL) {
            goto failed;
        }

        s->http = http;
        s->fd = fd;

        s->watch = http->loop->watch(http->loop, fd, ac_http_socket_handler,
                                     s);
        if (s->watch == NULL) {
            free(s);
            goto failed;
        }

        s->next = http->sockets;
        http->sockets = s;
    }

    events = 0;

    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) {
        events |= AC_READ;
    }

    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) {
        events |= AC_WRITE;
    }

    if (http->loop->events(s->watch, events) == 0) {
        return 0;
    }

    ac_http_forget(http, fd);

failed:

    /* an error returned to libcurl would end every other transfer too */

    private = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private) == CURLE_OK
        && private)
    {
        ac_http_fail((ac_http_request_t *) private, AC_NOMEM,
                     "the connection could not be watched");
    }

    return 0;
}


static int
ac_http_on_timeout(CURLM *multi, long ms, void *data)
{
    ac_http_t  *http;

    http = data;

    if (ms < 0) {
        http->loop->stop(http->timer);

    } else {
        http->loop->start(http->timer, (unsigned) ms);
    }

    return 0;
}


static curl_socket_t
ac_http_on_open(void *data, curlsocktype purpose, struct curl_sockaddr *addr)
{
    return socket(addr->family, addr->socktype|SOCK_CLOEXEC, addr->protocol);
}


static int
ac_http_on_close(void *data, curl_socket_t fd)
{
    ac_http_forget(data, fd);

    return close(fd);
}


static void
ac_http_forget(ac_http_t *http, curl_socket_t fd)
{
    ac_http_socket_t  *s, **p;

    for (p = &http->sockets; *p; p = &(*p)->next) {
        s = *p;

        if (s->fd == fd) {
            *p = s->next;
            http->loop->unwatch(s->watch);
            free(s);
            return;
        }
    }
}


static size_t
ac_http_on_header(char *p, size_t size, size_t n, void *data)
{
    ac_http_request_t  *r;

    r = data;
    n *= size;

    /* those of interim answers count too */

    r->header_bytes += n;

    if (++r->nheaders > AC_HTTP_HEADERS_MAX
        || r->header_bytes > AC_HTTP_HEADERS_BYTES)
    {
        r->result.error = AC_TOO_BIG;
        (void) strcpy(r->result.message, "the answer has too many headers");
        return 0;
    }

    if (n >= 5 && memcmp(p, "HTTP/", 5) == 0) {
        r->result.api_version[0] = '\0';
        r->result.content_type[0] = '\0';

    } else if (n > 12 && strncasecmp(p, "API-Version:", 12) == 0) {
        ac_http_header_value(r->result.api_version,
                             sizeof(r->result.api_version), p + 12, n - 12);

    } else if (n > 13 && strncasecmp(p, "Content-Type:", 13) == 0) {
        ac_http_header_value(r->result.content_type,
                             sizeof(r->result.content_type), p + 13, n - 13);
    }

    return n;
}


static void
ac_http_header_value(char *dst, size_t size, const char *p, size_t len)
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
ac_http_on_body(char *p, size_t size, size_t n, void *data)
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
        (void) strcpy(res->message, "the answer is too long");
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

        ac_http_push(r, AC_HTTP_LIST_READY);
    }

    return n;
}


static void
ac_http_socket_handler(void *data, int fd, unsigned events)
{
    int                mask, running;
    ac_http_t         *http;
    ac_http_socket_t  *s;

    s = data;
    http = s->http;

    mask = 0;

    if (events & AC_READ) {
        mask |= CURL_CSELECT_IN;
    }

    if (events & AC_WRITE) {
        mask |= CURL_CSELECT_OUT;
    }

    /* s may be gone afterwards */

    http->in_curl++;
    curl_multi_socket_action(http->multi, fd, mask, &running);
    http->in_curl--;

    ac_http_turn(http);
}


static void
ac_http_timer_handler(void *data)
{
    int         running;
    ac_http_t  *http;

    http = data;

    http->in_curl++;
    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    http->in_curl--;

    ac_http_turn(http);
}


static void
ac_http_kick_handler(void *data)
{
    ac_http_turn(data);
}
