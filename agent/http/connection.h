
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_CONNECTION_H_INCLUDED_
#define _AGENT_HTTP_CONNECTION_H_INCLUDED_


#include <stddef.h>
#include <sys/uio.h>


typedef struct agent_connection_s   agent_connection_t;

#define AGENT_CONNECTION_READ  65536


void agent_connection_init(void);

/* serves a connected socket, which it owns from now on; 0, or -1 */
int agent_connection_create(int fd);

/* how many there are; how many of them something is under way on */
size_t agent_connection_count(void);
size_t agent_connection_requests(void);

/* looks at all of them again */
void agent_connection_review(void);

/* queues a copy and sends what it can; the connection may become broken */
void agent_connection_send(agent_connection_t *c, const struct iovec *iov,
    int n);
void agent_connection_flush(agent_connection_t *c);

/* queues a copy that goes out together with what is sent next */
void agent_connection_hold(agent_connection_t *c, const struct iovec *iov,
    int n);

/* looks at the connection again, from the loop */
void agent_connection_defer(agent_connection_t *c);


#endif /* _AGENT_HTTP_CONNECTION_H_INCLUDED_ */
