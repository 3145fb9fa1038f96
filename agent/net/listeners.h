
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NETSTAT_H_INCLUDED_
#define _AGENT_NETSTAT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>


/* family is AF_INET or AF_INET6, addr in network order, port in host order */
typedef struct {
    int       family;
    uint16_t  port;
    union {
        struct in_addr   v4;
        struct in6_addr  v6;
    } addr;
} agent_netstat_t;


/* a non-zero return ends the scan */
typedef int (*agent_netstat_pt)(const agent_netstat_t *entry, void *data);


typedef enum {
    AGENT_NETSTAT_MORE = 0,     /* the list goes on in the next datagram */
    AGENT_NETSTAT_DONE,         /* this was its end */
    AGENT_NETSTAT_STOP,         /* the handler ended it */
    AGENT_NETSTAT_ERROR         /* err: the kernel's errno, or EBADMSG */
} agent_netstat_e;


/*
 * Calls handler for each TCP socket that listens in this network namespace,
 * IPv4 first; for one or another of them twice when the first way of asking
 * ended half-way.  Asks the kernel by netlink, or procfs where it refuses
 * that: nothing is waited for.  What cannot be asked counts as empty.
 */
void agent_netstat_listening(agent_netstat_pt handler, void *data);

/*
 * The two ways.  By NETLINK_SOCK_DIAG, which keeps its socket open for the
 * next time: 0, or an errno, the handler having been called or not.  From
 * /proc/net/tcp and tcp6: a table that cannot be read counts as empty.
 */
int agent_netstat_diag(agent_netstat_pt handler, void *data);
void agent_netstat_proc(agent_netstat_pt handler, void *data);

/*
 * One datagram of the answer to the request seq for family; buf needs no
 * alignment.  Sets err for AGENT_NETSTAT_ERROR only.
 */
agent_netstat_e agent_netstat_diag_parse(const char *buf, size_t len,
    int family, uint32_t seq, agent_netstat_pt handler, void *data, int *err);

/*
 * One line of /proc/net/tcp (family AF_INET) or tcp6 (AF_INET6): 1, a
 * listening socket, put into entry; 0, a socket in another state; -1, not
 * such a line.
 */
int agent_netstat_parse(const char *line, int family, agent_netstat_t *entry);


#endif /* _AGENT_NETSTAT_H_INCLUDED_ */
