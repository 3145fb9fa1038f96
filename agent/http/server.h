
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_SERVER_H_INCLUDED_
#define _AGENT_HTTP_SERVER_H_INCLUDED_


#define AGENT_SERVER_MAX  1024         /* connections at a time */


/* serves the listening socket, which it owns from now on; a libuv error */
int agent_server_start(int fd);

/* a connection has closed: another may come */
void agent_server_resume(void);

/* nobody can connect any longer; then: accepts what is queued, and closes */
void agent_server_shut(void);
void agent_server_drain(void);


#endif /* _AGENT_HTTP_SERVER_H_INCLUDED_ */
