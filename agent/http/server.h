
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_SERVER_H_INCLUDED_
#define _AGENT_HTTP_SERVER_H_INCLUDED_


#define AGENT_SERVER_MAX  1024         /* maximum number of connections */


/*
 * serves the listening socket and takes ownership of it; 0, or a libuv error
 */
int agent_server_start(int fd);

/* a connection was closed: accepting may resume */
void agent_server_resume(void);

/* refuses new connections; then accepts the queued ones, and closes */
void agent_server_shut(void);
void agent_server_drain(void);


#endif /* _AGENT_HTTP_SERVER_H_INCLUDED_ */
