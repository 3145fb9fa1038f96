
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_PORT_EVENTS_H_INCLUDED_
#define _AGENT_CONTROL_PORT_EVENTS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "control/tether.h"


/*
 * Ports that somebody on a tether waits for: whether an app listens, and
 * what the port's command writes, is looked at and told only as long.
 */

int agent_port_events_init(void);

/* what is wrong, or NULL; the first packets are sent at once */
const char *agent_port_events_add(agent_tether_t *t, uint16_t port);
const char *agent_port_events_remove(agent_tether_t *t, uint16_t port);

/* the tether closes */
void agent_port_events_drop(agent_tether_t *t);


/* the port's command has started or ended; has written a line */
void agent_port_events_changed(uint16_t port);
void agent_port_events_wrote(uint16_t port);

/* how many there are; who waits for a port uses the sandbox */
size_t agent_port_events_active(void);


#endif /* _AGENT_CONTROL_PORT_EVENTS_H_INCLUDED_ */
