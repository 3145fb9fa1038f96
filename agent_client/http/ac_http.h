
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_HTTP_H_INCLUDED_
#define _AC_HTTP_H_INCLUDED_


#include <stddef.h>

#include "ac_error.h"
#include "ac_loop.h"


/*
 * HTTP/1.1 requests: libcurl's multi interface on ac_loop.  Nothing blocks.
 * The process must have called curl_global_init().  Host names are not
 * resolved here: a host is an address, or params.resolve has its address.
 */


typedef struct ac_http_s          ac_http_t;
typedef struct ac_http_request_s  ac_http_request_t;


/*
 * Runs from the loop, never from inside ac_http_start() or a callback of
 * libcurl: once, with done set; for a stream, whenever body has grown, and at
 * last with done set.  It may free any request, start others, or destroy
 * ac_http_t.
 */
typedef void (*ac_http_pt)(void *data, ac_http_request_t *r);


typedef struct {
    const void    *data;
    size_t         len;
} ac_http_blob_t;


typedef struct {
    const char    *method;
    const char    *url;
    const char    *unix_path;          /* or NULL */
    const char    *resolve;            /* "host:port:addr", or NULL */
    const char    *body;               /* JSON text, or NULL; copied */
    size_t         body_max;           /* bytes; of a stream: unread ones */
    unsigned       connect_ms;
    unsigned       stream:1;

    ac_http_blob_t ca;                 /* PEM; must outlive the request */
    ac_http_blob_t cert;
    ac_http_blob_t key;
} ac_http_params_t;


/* owned by the request */
typedef struct {
    ac_error_e     error;              /* valid once done is set */
    int            status;
    int            done;
    char           message[256];       /* the reason, if error is set */
    char           content_type[64];
    char           api_version[16];
    char          *body;               /* body[len] is '\0'; NULL: empty */
    size_t         len;
} ac_http_result_t;


ac_http_t *ac_http_create(ac_loop_t *loop);
/* all requests must be freed; not to be called from inside loop->watch() */
void ac_http_destroy(ac_http_t *http);

/* NULL when out of memory; no timeout but connect_ms */
ac_http_request_t *ac_http_start(ac_http_t *http,
    const ac_http_params_t *params, ac_http_pt handler, void *data);

ac_http_result_t *ac_http_result(ac_http_request_t *r);

/* removes the first n bytes of a stream's body */
void ac_http_consume(ac_http_request_t *r, size_t n);

/* at any time, even from its handler; aborts it if it is in progress */
void ac_http_free(ac_http_request_t *r);


#endif /* _AC_HTTP_H_INCLUDED_ */
