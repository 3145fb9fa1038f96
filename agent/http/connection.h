
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_CONNECTION_H_INCLUDED_
#define _AGENT_HTTP_CONNECTION_H_INCLUDED_


#include <stddef.h>
#include <sys/uio.h>


typedef struct agent_conn_s   agent_conn_t;

#define AGENT_READ_SIZE     65536


void agent_conn_init(void);

/* serves a connected socket, which it owns from now on; 0, or -1 */
int agent_conn_create(int fd);

/* how many there are; how many of them something is under way on */
size_t agent_conn_count(void);
size_t agent_conn_requests(void);

/* looks at all of them again */
void agent_conn_review(void);

/* queues a copy and sends what it can; the connection may become broken */
void agent_conn_send(agent_conn_t *c, const struct iovec *iov, int n);
void agent_conn_flush(agent_conn_t *c);

/* queues a copy that goes out together with what is sent next */
void agent_conn_hold(agent_conn_t *c, const struct iovec *iov, int n);

/* looks at the connection again, from the loop */
void agent_conn_defer(agent_conn_t *c);


#endif /* _AGENT_HTTP_CONNECTION_H_INCLUDED_ */
