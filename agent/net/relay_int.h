
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_RELAY_INT_H_INCLUDED_
#define _AGENT_NET_RELAY_INT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "net/listeners.h"
#include "net/relay.h"


/*
 * One connection of a relay, shared by relay.c (accepting, the end),
 * relay_connect.c (the way to the app), relay_copy.c (bytes) and
 * relay_error.c (the agent's own answer).
 */


#define AGENT_RELAY_BUFFER      65536
#define AGENT_RELAY_HEAD_MAX    32768      /* of a request that is refused */
#define AGENT_RELAY_DRAIN       30000      /* ms */


typedef enum {
    AGENT_RELAY_CONNECTING = 0,
    AGENT_RELAY_COPYING,
    AGENT_RELAY_HEAD,          /* refused: the request's head is read */
    AGENT_RELAY_BODY,          /* refused: its body is dropped */
    AGENT_RELAY_DISCARDING     /* nothing more to say: input is dropped */
} agent_relay_state_e;


typedef struct {
    uv_poll_t  poll;
    int        fd;             /* -1: none */
    int        events;         /* what poll waits for */

    char      *out;            /* what this side has yet to take, or NULL */
    size_t     pos;
    size_t     last;

    unsigned   polled:1;       /* poll was initialised */
    unsigned   failed:1;       /* poll has given up: read until the end */
    unsigned   eof:1;          /* nothing more comes from this side */
    unsigned   shut:1;         /* nothing more goes to this side */
    unsigned   gone:1;         /* it takes nothing any more */
} agent_relay_side_t;


typedef struct agent_relay_conn_s  agent_relay_conn_t;


struct agent_relay_conn_s {
    LIST_ENTRY(agent_relay_conn_s)  link;      /* of the relay */
    LIST_ENTRY(agent_relay_conn_s)  watch;     /* of those with a deadline */

    agent_relay_t        *relay;
    agent_relay_side_t    client;
    agent_relay_side_t    app;
    agent_relay_state_e   state;
    uint64_t              deadline;    /* ms of uv_now(), 0: none */

    /* a refused request */
    char                 *head;
    size_t                head_len;
    int64_t               body;        /* bytes that are still to come */

    unsigned              starved:1;   /* no descriptor for the app */
    unsigned              timed_out:1;
    unsigned              watched:1;
    unsigned              closed:1;
    unsigned              handles:2;   /* polls to be closed */
};


LIST_HEAD(agent_relay_conns_s, agent_relay_conn_s);


typedef struct {
    uv_poll_t       poll;
    int             fd;
    agent_relay_t  *relay;
    unsigned        paused:1;
} agent_relay_listener_t;


struct agent_relay_s {
    agent_relay_t               *next;
    uv_loop_t                   *loop;
    agent_relay_listener_t      *listener;
    struct agent_relay_conns_s   conns;
    uint16_t                     port;

    /* where else the app listens, read at most once in 20 ms */
    agent_listeners_addr_t       other;
    uint64_t                     other_read;
};


/* ends the connection at once; it is freed later */
void agent_relay_close(agent_relay_conn_t *c);

/* sets the deadline, in ms from now; 0: none */
void agent_relay_deadline(agent_relay_conn_t *c, uint64_t ms);

/* waits for the events of each side that its state asks for; 0, or -1 */
int agent_relay_wait(agent_relay_conn_t *c, int client, int app);

extern uint64_t  agent_relay_received;


#endif /* _AGENT_NET_RELAY_INT_H_INCLUDED_ */
