
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_LISTENERS_DIAG_H_INCLUDED_
#define _AGENT_NET_LISTENERS_DIAG_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "net/listeners.h"


typedef enum {
    AGENT_NETSTAT_MORE = 0,     /* the list goes on in the next datagram */
    AGENT_NETSTAT_DONE,         /* this was its end */
    AGENT_NETSTAT_STOP,         /* the handler ended it */
    AGENT_NETSTAT_ERROR         /* err: the kernel's errno, or EBADMSG */
} agent_netstat_e;


/*
 * The two ways.  By NETLINK_SOCK_DIAG, which keeps its socket open for the
 * next time: 0, or an errno, the handler having been called or not.  From
 * /proc/net/tcp and tcp6: a table that cannot be read counts as empty.
 */
int agent_netstat_diag(agent_netstat_pt handler, void *data);

/*
 * One datagram of the answer to the request seq for family; buf needs no
 * alignment.  Sets err for AGENT_NETSTAT_ERROR only.
 */
agent_netstat_e agent_netstat_diag_parse(const char *buf, size_t len,
    int family, uint32_t seq, agent_netstat_pt handler, void *data, int *err);


#endif /* _AGENT_NET_LISTENERS_DIAG_H_INCLUDED_ */
