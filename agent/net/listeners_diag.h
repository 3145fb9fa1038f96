
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_LISTENERS_DIAG_H_INCLUDED_
#define _AGENT_NET_LISTENERS_DIAG_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "net/listeners.h"


typedef enum {
    AGENT_LISTENERS_DIAG_MORE = 0,  /* continues in the next datagram */
    AGENT_LISTENERS_DIAG_DONE,      /* the list is complete */
    AGENT_LISTENERS_DIAG_STOP,      /* the handler stopped the scan */
    AGENT_LISTENERS_DIAG_ERROR      /* err: the kernel's errno, or EBADMSG */
} agent_listeners_diag_e;


/*
 * Scans by NETLINK_SOCK_DIAG, keeping its socket open for the next scan.  0,
 * or an errno; the handler may have been called in either case.
 */
int agent_listeners_diag(agent_listeners_pt handler, void *data);

/*
 * Parses one datagram of the reply to request seq for family; buf needs no
 * alignment.  Sets err for AGENT_LISTENERS_DIAG_ERROR only.
 */
agent_listeners_diag_e agent_listeners_diag_parse(const char *buf, size_t len,
    int family, uint32_t seq, agent_listeners_pt handler, void *data, int *err);


#endif /* _AGENT_NET_LISTENERS_DIAG_H_INCLUDED_ */
