
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_LISTENERS_PROC_H_INCLUDED_
#define _AGENT_NET_LISTENERS_PROC_H_INCLUDED_


#include "net/listeners.h"


/* reads /proc/net/tcp and tcp6; a table that cannot be read counts as empty */
void agent_listeners_proc(agent_listeners_pt handler, void *data);

/*
 * Parses a line of /proc/net/tcp (family AF_INET) or tcp6 (AF_INET6): 1, a
 * listening socket, stored in entry; 0, a socket in another state; -1, an
 * invalid line.
 */
int agent_listeners_proc_parse(const char *line, int family,
    agent_listeners_addr_t *entry);


#endif /* _AGENT_NET_LISTENERS_PROC_H_INCLUDED_ */
