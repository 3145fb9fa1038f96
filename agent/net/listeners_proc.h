
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_LISTENERS_PROC_H_INCLUDED_
#define _AGENT_NET_LISTENERS_PROC_H_INCLUDED_


#include "net/listeners.h"


void agent_netstat_proc(agent_netstat_pt handler, void *data);

/*
 * One line of /proc/net/tcp (family AF_INET) or tcp6 (AF_INET6): 1, a
 * listening socket, put into entry; 0, a socket in another state; -1, not
 * such a line.
 */
int agent_netstat_parse(const char *line, int family, agent_netstat_t *entry);


#endif /* _AGENT_NET_LISTENERS_PROC_H_INCLUDED_ */
