
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_TETHER_H_INCLUDED_
#define _AGENT_CONTROL_TETHER_H_INCLUDED_


#include <stddef.h>
#include <uv.h>


/* the control connection of an nginx worker */

typedef struct agent_tether_s  agent_tether_t;


struct agent_tether_s {
    uv_poll_t        poll;
    int              fd;
    size_t           nwatches;
    unsigned         closed:1;
    agent_tether_t  *next;
};


#endif /* _AGENT_CONTROL_TETHER_H_INCLUDED_ */
