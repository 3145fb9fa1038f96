
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PORT_PROBE_H_INCLUDED_
#define _AGENT_PORT_PROBE_H_INCLUDED_


#include <sys/queue.h>
#include <uv.h>

#include "net/listeners.h"
#include "process/params.h"


/*
 * Waits until an app listens on a port.  The kernel is asked what listens, so
 * nothing is connected to before there is something; for http it is then
 * asked for a page, again and again until its status is a good one.
 */


typedef struct agent_port_probe_s  agent_port_probe_t;


/*
 * wanted is borrowed but for its path.  on_ready runs once, from the loop,
 * with the status of the page, 0 for tcp.  NULL where there is no memory.
 */
agent_port_probe_t *agent_port_probe_start(const agent_process_port_t *wanted,
    void (*on_ready)(void *data, int status), void *data);

/* ready or not; on_ready does not run any more */
void agent_port_probe_stop(agent_port_probe_t *p);


#endif /* _AGENT_PORT_PROBE_H_INCLUDED_ */
