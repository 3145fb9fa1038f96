
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_PROBE_H_INCLUDED_
#define _AGENT_NET_PROBE_H_INCLUDED_


#include <stdint.h>


/*
 * Waits until an app listens on a port.  Listening sockets are read from the
 * kernel, so that no connection is attempted before there is one.  For http, a
 * page is then requested repeatedly until its status is acceptable.
 */


typedef struct agent_probe_s  agent_probe_t;


typedef struct {
    uint16_t      port;
    const char   *path;
    const char   *process;             /* NULL: of none */
    int           status_min;
    int           status_max;
    uint64_t      interval_ms;
    uint64_t      timeout_ms;          /* 0: none */
    unsigned      http:1;
} agent_probe_port_t;


/*
 * Takes ownership of the path of wanted and borrows the rest.  on_ready is
 * called once, from the loop, with the status of the page, or 0 for tcp.  NULL
 * if out of memory.
 */
agent_probe_t *agent_probe_start(const agent_probe_port_t *wanted,
    void (*on_ready)(void *data, int status), void *data);

/* stops the probe at any time; on_ready will not be called */
void agent_probe_stop(agent_probe_t *p);


#endif /* _AGENT_NET_PROBE_H_INCLUDED_ */
