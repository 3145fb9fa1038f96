
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


/*
 * Calls handler for each TCP socket that listens in this network namespace,
 * IPv4 first.  Reads procfs: no file system is waited for.  A table that
 * cannot be read counts as empty.
 */
void agent_netstat_listening(agent_netstat_pt handler, void *data);

/*
 * One line of /proc/net/tcp (family AF_INET) or tcp6 (AF_INET6): 1, a
 * listening socket, put into entry; 0, a socket in another state; -1, not
 * such a line.
 */
int agent_netstat_parse(const char *line, int family, agent_netstat_t *entry);


#endif /* _AGENT_NETSTAT_H_INCLUDED_ */
