
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_PROBE_H_INCLUDED_
#define _AGENT_NET_PROBE_H_INCLUDED_


#include <stdint.h>


/*
 * Waits until an app listens on a port.  The kernel is asked what listens, so
 * nothing is connected to before there is something; for http it is then
 * asked for a page, again and again until its status is a good one.
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
 * wanted is borrowed but for its path.  on_ready runs once, from the loop,
 * with the status of the page, 0 for tcp.  NULL where there is no memory.
 */
agent_probe_t *agent_probe_start(const agent_probe_port_t *wanted,
    void (*on_ready)(void *data, int status), void *data);

/* ready or not; on_ready does not run any more */
void agent_probe_stop(agent_probe_t *p);


#endif /* _AGENT_NET_PROBE_H_INCLUDED_ */
