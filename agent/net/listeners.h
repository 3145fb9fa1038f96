
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_LISTENERS_H_INCLUDED_
#define _AGENT_NET_LISTENERS_H_INCLUDED_


#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>


/* family is AF_INET or AF_INET6; addr in network, port in host byte order */
typedef struct {
    int       family;
    uint16_t  port;
    union {
        struct in_addr   v4;
        struct in6_addr  v6;
    } addr;
} agent_listeners_addr_t;


/* a non-zero return value stops the scan */
typedef int (*agent_listeners_pt)(const agent_listeners_addr_t *entry,
    void *data);


typedef struct {
    uint16_t  port;
    char      address[46];
} agent_listeners_port_t;


/*
 * Calls handler for each listening TCP socket of this network namespace, IPv4
 * first.  Uses netlink, or procfs if netlink is refused; if netlink fails
 * half-way, some sockets are reported twice.  Does not block.  A source that
 * cannot be read counts as empty.
 */
void agent_listeners_scan(agent_listeners_pt handler, void *data);

/* the first listener of the port; 0: there is none */
int agent_listeners_find(uint16_t port, agent_listeners_addr_t *addr);

/*
 * The address at which to connect to the listener, on loopback if it listens
 * on all addresses.  Returns its length.
 */
socklen_t agent_listeners_sockaddr(const agent_listeners_addr_t *addr,
    struct sockaddr_storage *ss);

/*
 * Lists the listening TCP ports of this network namespace in ascending order,
 * with the address of the first listener of each.  Returns their number, at
 * most max.
 */
size_t agent_listeners(agent_listeners_port_t *list, size_t max);


#endif /* _AGENT_NET_LISTENERS_H_INCLUDED_ */
