
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_CONNECTION_H_INCLUDED_
#define _AGENT_HTTP_CONNECTION_H_INCLUDED_


#include <stddef.h>


typedef struct agent_connection_s   agent_connection_t;

#define AGENT_CONNECTION_READ  65536


void agent_connection_init(void);

/* serves a connected socket and takes ownership of it; 0, or -1 */
int agent_connection_create(int fd);

/* the number of connections; the number with a request in progress */
size_t agent_connection_count(void);
size_t agent_connection_requests(void);

/* updates the state of all connections */
void agent_connection_review(void);

/* a request begins: sizes the kernel's buffer by the number of connections */
void agent_connection_fit(agent_connection_t *c);

/* watches for what the connection waits for now */
void agent_connection_update(agent_connection_t *c);

/* schedules an update of the connection from the loop */
void agent_connection_defer(agent_connection_t *c);


#endif /* _AGENT_HTTP_CONNECTION_H_INCLUDED_ */
