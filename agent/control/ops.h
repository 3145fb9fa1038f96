
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_OPS_H_INCLUDED_
#define _AGENT_CONTROL_OPS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "control/tether.h"


/* of the options that the agent has; -1: an unknown one */
extern int64_t  agent_ops_generation;

/* does what a packet asks for, and answers; owns the descriptors */
void agent_ops_packet(agent_tether_t *t, json_t *json, int *fds,
    size_t nfds);


#endif /* _AGENT_CONTROL_OPS_H_INCLUDED_ */
