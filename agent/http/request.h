
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_REQUEST_H_INCLUDED_
#define _AGENT_HTTP_REQUEST_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>


/*
 * One HTTP/1.1 exchange on agent.sock, as its handler sees it.  Everything
 * runs on a single libuv loop; nothing here blocks.
 *
 * A request lives from the call of its route's handler until the response was
 * ended with agent_response_end() and the body was read or dropped, or until
 * the client disconnected.  In either case on_close is called exactly once, as
 * the last callback: the handler frees its data there and must not use the
 * request afterwards.
 */


#define AGENT_HTTP_JSON_MAX  (48 * 1024 * 1024)


typedef struct agent_request_s  agent_request_t;


typedef enum {
    AGENT_REQUEST_REST = 0,
    AGENT_REQUEST_API
} agent_request_family_e;


struct agent_request_s {
    const char  *method;               /* "GET" */
    const char  *path;                 /* raw, without the query */
    const char  *query;                /* raw, without '?', or "" */
    int64_t      content_length;       /* -1: chunked; 0: none */

    /* set by the router */
    const char              *rest;     /* what ":name*" matched, raw */
    agent_request_family_e   family;   /* whose error codes apply */

    /* set by the handler */
    void        *data;
    /* called for body bytes as they arrive; NULL: they are dropped */
    void       (*on_body)(agent_request_t *r, const char *buf, size_t len);
    /*
     * called for bytes after agent_response_switch(), which may be changed in
     * place; returns the number consumed, which must be all unless paused
     */
    size_t     (*on_switched)(agent_request_t *r, char *buf, size_t len);
    /* the body is complete */
    void       (*on_complete)(agent_request_t *r);
    /* the output queue has drained below AGENT_HTTP_LOW */
    void       (*on_drain)(agent_request_t *r);
    /* the exchange is over; aborted: the client disconnected before its end */
    void       (*on_close)(agent_request_t *r, int aborted);
};


/* the value of a request header (case-insensitive name), or NULL */
const char *agent_request_header(agent_request_t *r, const char *name);

/*
 * The decoded value of a query argument, malloc()ed, to be freed by the
 * caller; or NULL.  An invalid escape such as "%zz" is kept, '+' is a space.
 */
char *agent_request_arg(agent_request_t *r, const char *name);

/* the first one from *pos on, at first r->query, which is advanced behind it */
char *agent_request_arg_next(agent_request_t *r, const char *name,
    const char **pos);

/* pause and resume reading the body from the socket */
void agent_request_pause(agent_request_t *r);
void agent_request_resume(agent_request_t *r);

/* body is borrowed */
typedef void (*agent_request_json_pt)(agent_request_t *r, json_t *body);

/*
 * Collects the body (413 if it exceeds max bytes), parses it as a JSON object
 * (400 if it is not one; an empty body is {}) and calls handler.  A route's
 * handler calls this and returns.
 */
void agent_request_json(agent_request_t *r, size_t max,
    agent_request_json_pt handler);


#endif /* _AGENT_HTTP_REQUEST_H_INCLUDED_ */
