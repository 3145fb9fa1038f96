
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_HTTP_GET_H_INCLUDED_
#define _AGENT_NET_HTTP_GET_H_INCLUDED_


#include <stdint.h>

#include "net/listeners.h"


/*
 * One GET request to an app of this container, of whose response only the
 * status is read; or one TLS ClientHello, to learn whether the app speaks TLS.
 * The agent itself does not.
 */


typedef struct agent_http_get_s  agent_http_get_t;


typedef enum {
    AGENT_HTTP_GET_OK = 0,
    AGENT_HTTP_GET_REFUSED,
    AGENT_HTTP_GET_UNCONNECTED,        /* in time */
    AGENT_HTTP_GET_CLOSED,             /* without a response */
    AGENT_HTTP_GET_INVALID,            /* no HTTP response */
    AGENT_HTTP_GET_UNANSWERED,         /* in time */
    AGENT_HTTP_GET_TLS                 /* answered with a TLS record */
} agent_http_get_e;


typedef struct {
    agent_http_get_e  outcome;
    int               status;          /* of AGENT_HTTP_GET_OK, 100..599 */
    uint64_t          connect_ms;
    uint64_t          answer_ms;       /* since the connect */
} agent_http_get_result_t;


/*
 * path need not begin with '/', user_agent may be NULL; both are borrowed
 * until on_done.  on_done is called once, from the loop, unless the request is
 * cancelled; g is gone by then.  NULL if it cannot be connected or started.
 */
agent_http_get_t *agent_http_get(const agent_listeners_addr_t *addr,
    const char *path, const char *user_agent, unsigned timeout_ms,
    void (*on_done)(void *data, const agent_http_get_result_t *result),
    void *data);

/*
 * sends a ClientHello instead: the outcome is never AGENT_HTTP_GET_OK, and
 * AGENT_HTTP_GET_INVALID means that the app does not speak TLS
 */
agent_http_get_t *agent_http_get_tls(const agent_listeners_addr_t *addr,
    unsigned timeout_ms,
    void (*on_done)(void *data, const agent_http_get_result_t *result),
    void *data);

/* g may be NULL */
void agent_http_get_cancel(agent_http_get_t *g);


#endif /* _AGENT_NET_HTTP_GET_H_INCLUDED_ */
