
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_HTTP_INT_H_INCLUDED_
#define _AGENT_HTTP_HTTP_INT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <llhttp.h>
#include <uv.h>

#include "base/buffer.h"
#include "http/connection.h"
#include "http/request.h"


/*
 * A connection on agent.sock, shared by connection.c (bytes) and by parser.c,
 * request.c and response.c (messages).
 */


#define AGENT_HTTP_FIELDS  100


typedef struct agent_http_s        agent_http_t;
typedef struct agent_http_block_s  agent_http_block_t;


struct agent_http_block_s {
    agent_http_block_t   *next;
    size_t                start;
    size_t                end;
    size_t                size;
    char                  data[];
};


typedef struct {
    size_t           name;             /* offsets into head */
    size_t           name_len;
    size_t           value;
    size_t           value_len;
} agent_http_field_t;


/* a request with the state that its handler does not see */

struct agent_http_s {
    agent_request_t      r;            /* first */
    agent_connection_t  *conn;
    uint64_t             began;        /* ms */
    int                  status;       /* 0: no response was begun */

    char                *head;      /* names and values, each NUL-terminated */
    size_t               head_len;
    agent_http_field_t   fields[AGENT_HTTP_FIELDS];
    size_t               nfields;
    char                *target;
    size_t               target_len;
    size_t               trailers;  /* bytes of trailers */

    /* agent_request_json() */
    agent_request_json_pt  json_handler;
    agent_buffer_t         json;
    size_t                 json_max;
    size_t                 collected;  /* bytes of the body */

    unsigned             named:1;      /* a field name awaits its value */
    unsigned             routed:1;
    unsigned             body_done:1;
    unsigned             completed:1;  /* on_complete has been called */
    unsigned             paused:1;
    unsigned             begun:1;
    unsigned             chunked:1;
    unsigned             ended:1;
    unsigned             head_only:1;  /* HEAD: no body is sent */
    unsigned             continue_wanted:1;
    unsigned             http10:1;
    unsigned             keepalive:1;
    unsigned             switched:1;   /* no longer HTTP */
    unsigned             overflow:1;   /* more was written than announced */
    int64_t              length;       /* bytes of the body not yet written */
};


struct agent_connection_s {
    uv_poll_t             poll;
    int                   fd;
    int                   events;

    llhttp_t              parser;
    agent_http_t         *http;      /* the current request */

    char                 *in;        /* received but not yet parsed */
    size_t                in_len;
    size_t                in_size;

    agent_http_block_t   *out;
    agent_http_block_t   *out_last;
    size_t                queued;

    agent_connection_t   *next;      /* list of all connections */
    agent_connection_t   *prev;
    agent_connection_t   *deferred_next;

    unsigned              deferred:1;
    unsigned              corked:1;  /* the head is held back until the body */
    unsigned              want_drain:1;
    unsigned              broken:1;  /* sending has failed */
    unsigned              last:1;    /* close once everything has been sent */
    unsigned              served:1;  /* at least one request was received */
    unsigned              closed:1;
    unsigned              small:1;   /* so is the kernel's buffer */
};


#endif /* _AGENT_HTTP_HTTP_INT_H_INCLUDED_ */
