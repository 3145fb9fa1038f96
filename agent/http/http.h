
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_H_INCLUDED_
#define _AGENT_HTTP_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <uv.h>


/*
 * One HTTP/1.1 exchange on agent.sock, as its handler sees it.  Everything
 * runs on the one libuv loop; nothing here blocks.
 *
 * A request lives from the call of its route's handler until both the
 * response was ended with agent_http_end() and the body was read or dropped,
 * or until on_close ran because the client went away first.  on_close runs
 * exactly once in either case, last; the handler frees its own data there and
 * does not touch the request afterwards.
 */


#define AGENT_HTTP_HEADERS_MAX   32768     /* request line and headers */
#define AGENT_HTTP_JSON_MAX      (48 * 1024 * 1024)

/* stop producing above the high mark, on_drain runs below the low one */
#define AGENT_HTTP_HIGH          (256 * 1024)
#define AGENT_HTTP_LOW           (64 * 1024)


typedef struct agent_request_s  agent_request_t;


struct agent_request_s {
    const char  *method;               /* "GET" */
    const char  *path;                 /* raw, without the query */
    const char  *query;                /* raw, without '?', or "" */
    int64_t      content_length;       /* -1: chunked; 0: none */

    /* set by the handler */
    void        *data;
    /* body bytes as they arrive; when NULL they are dropped */
    void       (*on_body)(agent_request_t *r, const char *buf, size_t len);
    /* the body is whole */
    void       (*on_complete)(agent_request_t *r);
    /* what is queued for the client fell below AGENT_HTTP_LOW */
    void       (*on_drain)(agent_request_t *r);
    /* the exchange is over; aborted: the client left before its end */
    void       (*on_close)(agent_request_t *r, int aborted);
};


typedef struct {
    const char  *name;
    const char  *value;
} agent_header_t;


/* the value of a request header (any case), or NULL */
const char *agent_http_header(agent_request_t *r, const char *name);

/*
 * The decoded value of a query argument, or NULL; malloc()ed, the caller
 * frees it.  "%zz" is left as it is, '+' is a space.
 */
char *agent_http_arg(agent_request_t *r, const char *name);

/* stops and resumes reading the body from the socket */
void agent_http_pause(agent_request_t *r);
void agent_http_resume(agent_request_t *r);

/*
 * Starts the response.  length -1: chunked.  headers end with a NULL name;
 * Date, Content-Length, Transfer-Encoding and Connection are ours.
 */
void agent_http_begin(agent_request_t *r, int status,
    const agent_header_t *headers, int64_t length);

/*
 * Queues a copy of the bytes and tries to write at once.  Returns the number
 * of bytes now queued: above AGENT_HTTP_HIGH the caller stops until on_drain.
 */
size_t agent_http_write(agent_request_t *r, const void *buf, size_t len);
size_t agent_http_queued(agent_request_t *r);

/* no more to come */
void agent_http_end(agent_request_t *r);

/* the last bytes of a stream, and its end */
void agent_http_finish_with(agent_request_t *r, const void *buf, size_t len);

/*
 * The response cannot be completed truthfully: cuts the connection, so that
 * the client sees a broken body and not a whole one.
 */
void agent_http_abort(agent_request_t *r);

/* whole responses; json is stolen */
void agent_http_json(agent_request_t *r, int status, json_t *json);

/*
 * The error shape {error, code, message, context, httpStatus, timestamp,
 * suggestion?}; context may be NULL and is stolen; format as of printf.
 */
void agent_http_error(agent_request_t *r, int status, const char *code,
    json_t *context, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/*
 * Collects the body up to max bytes (413 past it), parses it as one JSON
 * object (400 otherwise, an empty body is {}) and calls handler; body is
 * borrowed.  For a route's handler to call and return.
 */
void agent_http_read_json(agent_request_t *r, size_t max,
    void (*handler)(agent_request_t *r, json_t *body));


/* a route's handler; the headers are whole, of the body nothing was read */
typedef void (*agent_route_pt)(agent_request_t *r);

/* route.c: finds the handler, or answers 404 itself */
void agent_route(agent_request_t *r);

/* files.c; path: what follows "/file/" in r->path, still encoded */
void agent_files_get(agent_request_t *r, const char *path);   /* HEAD too */
void agent_files_put(agent_request_t *r, const char *path);

/* exec.c */
void agent_exec_rest(agent_request_t *r);          /* POST /exec */
void agent_exec_execute(agent_request_t *r);       /* POST /api/execute */
void agent_exec_stream(agent_request_t *r);        /* …/stream */

/* commands.c */
void agent_commands(agent_request_t *r);           /* GET /api/commands */

/* "2026-01-31T12:00:00.123Z" into a buffer of 32 bytes */
const char *agent_timestamp(char *buf);


#endif /* _AGENT_HTTP_H_INCLUDED_ */
