
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
#include "sys/listener.h"


/*
 * A connection of a relay, shared by relay.c (accept and close),
 * relay_connect.c (connecting to the app), relay_copy.c (bytes) and
 * relay_error.c (the agent's own error response).
 */


#define AGENT_RELAY_BUFFER      65536
#define AGENT_RELAY_HEAD_MAX    32768      /* of a refused request */
#define AGENT_RELAY_DRAIN       30000      /* ms */
#define AGENT_RELAY_COST        16384      /* bytes of a connection, at most */


typedef enum {
    AGENT_RELAY_CONNECTING = 0,
    AGENT_RELAY_COPYING,
    AGENT_RELAY_HEAD,          /* refused: reading the request head */
    AGENT_RELAY_BODY,          /* refused: discarding the request body */
    AGENT_RELAY_DISCARDING     /* response sent: discarding input */
} agent_relay_state_e;


typedef struct {
    uv_poll_t  poll;
    int        fd;             /* -1: none */
    int        events;         /* events polled for */

    char      *out;            /* pending output to this side, or NULL */
    size_t     pos;
    size_t     last;
    size_t     size;           /* of out */

    unsigned   polled:1;       /* poll is initialized */
    unsigned   failed:1;       /* poll reported an error: read until the end */
    unsigned   eof:1;          /* EOF received from this side */
    unsigned   shut:1;         /* EOF sent to this side */
    unsigned   gone:1;         /* it no longer accepts data */
} agent_relay_side_t;


typedef struct agent_relay_conn_s  agent_relay_conn_t;


struct agent_relay_conn_s {
    LIST_ENTRY(agent_relay_conn_s)  link;      /* in the list of the relay */
    LIST_ENTRY(agent_relay_conn_s)  timed_link; /* in the list of deadlines */

    agent_relay_t        *relay;
    agent_relay_side_t    client;
    agent_relay_side_t    app;
    agent_relay_state_e   state;
    uint64_t              deadline;    /* ms of uv_now(), 0: none */

    /* state of a refused request */
    char                 *head;
    size_t                head_len;
    int64_t               body;        /* bytes still to be received */

    unsigned              starved:1;   /* waiting for a descriptor */
    unsigned              timed_out:1;
    unsigned              timed:1;
    unsigned              closed:1;
    unsigned              handles:2;   /* poll handles to be closed */
};


LIST_HEAD(agent_relay_conns_s, agent_relay_conn_s);


struct agent_relay_s {
    agent_relay_t               *next;
    uv_loop_t                   *loop;
    agent_listener_t            *listener;
    struct agent_relay_conns_s   conns;
    uint16_t                     port;

    /* other addresses of the app, cached for 20 ms */
    agent_listeners_addr_t       other;
    uint64_t                     other_read;
};


/* closes the connection at once; it is freed later */
void agent_relay_close(agent_relay_conn_t *c);

/* sets the deadline in ms from now; 0: none */
void agent_relay_deadline(agent_relay_conn_t *c, uint64_t ms);

/* polls each side for the events that its state requires; 0, or -1 */
int agent_relay_wait(agent_relay_conn_t *c, int client, int app);

extern uint64_t                    agent_relay_received;
extern const agent_relay_hooks_t  *agent_relay_hooks;


#endif /* _AGENT_NET_RELAY_INT_H_INCLUDED_ */
