
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_PORT_EVENTS_H_INCLUDED_
#define _AGENT_CONTROL_PORT_EVENTS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "control/tether.h"


/* what is wrong, or NULL; the first packets are sent at once */
const char *agent_watch_add(agent_tether_t *t, uint16_t port);
const char *agent_watch_remove(agent_tether_t *t, uint16_t port);

/* the tether closes */
void agent_watch_drop(agent_tether_t *t);


/*
 * Ports that somebody on a tether waits for: whether an app listens, and
 * what the port's command writes, is looked at and told only as long.
 */

int agent_watch_init(void);

/* the port's command has started or ended; has written a line */
void agent_watch_changed(uint16_t port);
void agent_watch_wrote(uint16_t port);

/* how many there are; who waits for a port uses the sandbox */
size_t agent_watch_active(void);


#endif /* _AGENT_CONTROL_PORT_EVENTS_H_INCLUDED_ */
