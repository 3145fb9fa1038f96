
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_OPS_H_INCLUDED_
#define _AGENT_CONTROL_OPS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "control/control.h"
#include "control/tether.h"


/* generation is that of the agent's options; -1: unknown */
void agent_ops_init(int64_t generation, const agent_control_ops_t *ops);

/* the generation of the options that apply now; -1: unknown */
int64_t agent_ops_generation(void);

/* handles a packet and sends the reply; takes ownership of the descriptors */
void agent_ops_packet(agent_tether_t *t, json_t *json, int *fds,
    size_t nfds);


#endif /* _AGENT_CONTROL_OPS_H_INCLUDED_ */
