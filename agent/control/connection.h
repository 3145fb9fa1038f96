
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_TETHER_H_INCLUDED_
#define _AGENT_CONTROL_TETHER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <uv.h>


/* a tether, shared by control.c, control_op.c, diagnose.c and watch.c */

typedef struct agent_tether_s  agent_tether_t;


struct agent_tether_s {
    uv_poll_t        poll;
    int              fd;
    size_t           nwatches;
    unsigned         closed:1;
    agent_tether_t  *next;
};


/* one packet: 0, or -1 when the tether had to be closed */
int agent_control_send(agent_tether_t *t, const char *text, size_t len);
void agent_control_close(agent_tether_t *t);


/* control_op.c */

/* of the options that the agent has; -1: an unknown one */
extern int64_t  agent_control_generation;

/* does what a packet asks for, and answers; owns the descriptors */
void agent_control_packet(agent_tether_t *t, json_t *json, int *fds,
    size_t nfds);


/* watch.c: what is wrong, or NULL; the first packets are sent at once */
const char *agent_watch_add(agent_tether_t *t, uint16_t port);
const char *agent_watch_remove(agent_tether_t *t, uint16_t port);

/*
 * diagnose.c: what is wrong, or NULL; then a packet "diagnosis" follows, now
 * or within seconds
 */
const char *agent_diagnose(agent_tether_t *t, uint32_t seq, uint16_t port);

/* the tether closes */
void agent_watch_drop(agent_tether_t *t);
void agent_diagnose_drop(agent_tether_t *t);


#endif /* _AGENT_CONTROL_TETHER_H_INCLUDED_ */
