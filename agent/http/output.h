
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_OUTPUT_H_INCLUDED_
#define _AGENT_HTTP_OUTPUT_H_INCLUDED_


#include <sys/uio.h>

#include "http/connection.h"


/* the bytes that a connection has yet to send */


/* queues a copy and sends what it can; may mark the connection broken */
void agent_http_output_send(agent_connection_t *c, const struct iovec *iov,
    int n);
void agent_http_output_flush(agent_connection_t *c);

/* queues a copy, to be sent together with the next bytes */
void agent_http_output_hold(agent_connection_t *c, const struct iovec *iov,
    int n);

/* 1: the handler waits for room, and there is room */
int agent_http_output_drained(agent_connection_t *c);

void agent_http_output_free(agent_connection_t *c);


#endif /* _AGENT_HTTP_OUTPUT_H_INCLUDED_ */
