
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_PORT_EVENTS_H_INCLUDED_
#define _AGENT_CONTROL_PORT_EVENTS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "control/tether.h"


/*
 * Watches of ports by tethers.  While a port is watched, the agent reports
 * whether an app listens on it, and the output of the port's command.
 */

int agent_port_events_init(void);

/* an error message, or NULL; the first packets are sent at once */
const char *agent_port_events_add(agent_tether_t *t, uint16_t port);
const char *agent_port_events_remove(agent_tether_t *t, uint16_t port);

/* called when the tether closes */
void agent_port_events_drop(agent_tether_t *t);


/* the number of watches; a watched port counts as use of the sandbox */
size_t agent_port_events_active(void);


#endif /* _AGENT_CONTROL_PORT_EVENTS_H_INCLUDED_ */
