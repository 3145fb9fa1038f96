
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_CONTROL_H_INCLUDED_
#define _AGENT_CONTROL_CONTROL_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "control/tether.h"


/* sends a packet: 0, or -1 if the tether had to be closed */
int agent_control_send(agent_tether_t *t, const char *text, size_t len);
void agent_control_close(agent_tether_t *t);


/* operations of a tether that affect the agent as a whole */

typedef struct {
    /* -1 leaves a value unchanged */
    void      (*idle)(int64_t sleep_after_ms, int keep_alive);
    /* ms until the agent exits if nothing happens; -1: it does not exit */
    int64_t   (*ms_until_idle)(void);
    /* terminates all commands, and kills them after ms */
    void      (*stop_commands)(unsigned ms);
} agent_control_ops_t;

/*
 * Serves the listening socket and takes ownership of it.  0, or a libuv error.
 * generation is that of the agent's options; -1: unknown.
 */
int agent_control_start(int fd, int64_t generation,
    const agent_control_ops_t *ops);

/* announces on every tether that the agent is about to exit */
void agent_control_going(void);

/* refuses new connections; then rejects the queued ones, and closes */
void agent_control_shut(void);
void agent_control_drain(void);

/* a port was added or removed: updates the scan for listening apps */
void agent_control_port(uint16_t port, int served);


#endif /* _AGENT_CONTROL_CONTROL_H_INCLUDED_ */
