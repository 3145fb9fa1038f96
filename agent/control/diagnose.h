
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_DIAGNOSE_H_INCLUDED_
#define _AGENT_CONTROL_DIAGNOSE_H_INCLUDED_


#include <stdint.h>

#include "control/tether.h"


/*
 * tls: the port's scheme is https.  Returns NULL, and a "diagnosis" packet
 * follows at once or within seconds; or an error message.
 */
const char *agent_diagnose(agent_tether_t *t, uint32_t seq, uint16_t port,
    int tls);

/* called when the tether closes */
void agent_diagnose_drop(agent_tether_t *t);


#endif /* _AGENT_CONTROL_DIAGNOSE_H_INCLUDED_ */
