
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_HTTP_H_INCLUDED_
#define _AC_HTTP_H_INCLUDED_


#include <stddef.h>

#include "ac_error.h"
#include "ac_loop.h"


/*
 * HTTP/1.1 requests: libcurl's multi interface on ac_loop.  The owner of the
 * process calls curl_global_init() first.  Host names are never resolved
 * here: a host is a literal, or stands in params.resolve.
 */


typedef struct ac_http_s          ac_http_t;
typedef struct ac_http_request_s  ac_http_request_t;


/*
 * Runs from a turn of the loop, never from inside ac_http_start() or a
 * callback of libcurl: once with done set or, for a stream, each time that
 * there is more in body, and with done set in the end.  It may free this
 * request or any other, start new ones, or destroy everything.
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
    const char    *body;               /* JSON text, or NULL; is copied */
    size_t         body_max;           /* of the answer, or held of a stream */
    unsigned       connect_ms;
    unsigned       stream:1;

    ac_http_blob_t ca;                 /* PEM; live as long as the request */
    ac_http_blob_t cert;
    ac_http_blob_t key;
} ac_http_params_t;


/* the beginning of a request, for its handler to read */
typedef struct {
    ac_error_e     error;              /* once done */
    int            status;
    int            done;
    char           message[256];       /* why, when error is set */
    char           content_type[64];
    char           api_version[16];
    char          *body;               /* body[len] is '\0'; NULL: empty */
    size_t         len;
} ac_http_result_t;


ac_http_t *ac_http_create(ac_loop_t *loop);
/* after all requests were freed; not from inside a watch() of the loop */
void ac_http_destroy(ac_http_t *http);

/* NULL when out of memory; there is no deadline but connect_ms */
ac_http_request_t *ac_http_start(ac_http_t *http,
    const ac_http_params_t *params, ac_http_pt handler, void *data);

ac_http_result_t *ac_http_result(ac_http_request_t *r);

/* drops the first n bytes of a stream's body */
void ac_http_consume(ac_http_request_t *r, size_t n);

/* at any time, from a handler too; ends it when it is under way */
void ac_http_free(ac_http_request_t *r);


#endif /* _AC_HTTP_H_INCLUDED_ */
