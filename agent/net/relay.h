
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_RELAY_H_INCLUDED_
#define _AGENT_NET_RELAY_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <uv.h>


/*
 * Relays bytes between connections on <port>.sock and the app that listens on
 * that port: on 127.0.0.1, then ::1, then any other address of the container
 * on which the kernel lists it.  Memory is bounded: a side that does not read
 * blocks the other.
 */


typedef struct agent_relay_s  agent_relay_t;


/*
 * Serves the listening socket fd and takes ownership of it.  There is one
 * relay per port: a second call replaces the listener and keeps the
 * connections.  Only peers outside the PID namespace are served.  0, or a
 * libuv error.
 */
int agent_relay_listen(uv_loop_t *loop, uint16_t port, int fd);

/* closes the listener and all its connections; 0, or -1 */
int agent_relay_unlisten(uint16_t port);

/*
 * Queries about the app of a port that the relay cannot answer itself.  Must
 * be set before the first connection.
 */

typedef struct {
    /* 1: the port's command was started less than ms ago */
    int       (*starting)(uint16_t port, uint64_t ms);
    /* {"state","log","exitCode"?} or null; NULL: out of memory */
    json_t   *(*describe)(uint16_t port);
} agent_relay_hooks_t;

void agent_relay_hooks_set(const agent_relay_hooks_t *hooks);

/* the number of open connections on all ports */
size_t agent_relay_active(void);

/* bytes received from clients so far; a silent connection is not activity */
uint64_t agent_relay_bytes(void);

/*
 * accepts queued connections, then closes; see docs/wire.md, "Going to sleep"
 */
void agent_relay_drain(void);

/* the exposed ports among them, for "hello" and "listening" */
size_t agent_relay_exposed_listening(uint16_t *ports, size_t max);


#endif /* _AGENT_NET_RELAY_H_INCLUDED_ */
