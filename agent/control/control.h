
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_CONTROL_H_INCLUDED_
#define _AGENT_CONTROL_CONTROL_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "control/tether.h"


/* one packet: 0, or -1 when the tether had to be closed */
int agent_control_send(agent_tether_t *t, const char *text, size_t len);
void agent_control_close(agent_tether_t *t);


/*
 * Serves the listening socket, which it owns from now on; a libuv error.  The
 * options that the agent has are of that generation; -1: of an unknown one.
 */
int agent_control_start(int fd, int64_t generation);

/* says on every tether that the agent leaves */
void agent_control_going(void);

/* nobody can connect any longer; then: turns away who is queued, and closes */
void agent_control_shut(void);
void agent_control_drain(void);

/* a port is served, or no longer: whether its app listens is looked at */
void agent_control_port(uint16_t port, int served);


#endif /* _AGENT_CONTROL_CONTROL_H_INCLUDED_ */
