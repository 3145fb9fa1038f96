
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_SERVER_H_INCLUDED_
#define _AGENT_HTTP_SERVER_H_INCLUDED_


#include "http/router.h"


#define AGENT_SERVER_MAX  1024         /* maximum number of connections */


/*
 * Serves the listening socket and takes ownership of it.  on_close is called
 * whenever a connection has closed.  0, or a libuv error.
 */
int agent_server_start(int fd, const agent_route_t *const *routes,
    void (*on_close)(void));

/* a connection was closed: accepting may resume */
void agent_server_closed(void);

/*
 * Refuses new connections, and keeps none alive after its current request;
 * then accepts the queued connections, and closes the socket.
 */
void agent_server_shut(void);
void agent_server_drain(void);

/* 1 after agent_server_shut() */
int agent_server_draining(void);


#endif /* _AGENT_HTTP_SERVER_H_INCLUDED_ */
