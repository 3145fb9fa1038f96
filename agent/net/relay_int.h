
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RELAY_CONN_H_INCLUDED_
#define _AGENT_RELAY_CONN_H_INCLUDED_


#include <sys/queue.h>

#include "net/listeners.h"
#include "net/relay.h"


/*
 * One connection of a relay, shared by relay.c (accepting, the end),
 * relay_dial.c (the way to the app), relay_copy.c (bytes) and relay_refuse.c
 * (the agent's own answer).
 */


#define AGENT_RELAY_BUFFER      65536
#define AGENT_RELAY_HEAD_MAX    32768      /* of a request that is refused */
#define AGENT_RELAY_DRAIN       30000      /* ms */


typedef enum {
    AGENT_RELAY_DIALLING = 0,
    AGENT_RELAY_COPYING,
    AGENT_RELAY_HEAD,          /* refused: the request's head is read */
    AGENT_RELAY_BODY,          /* refused: its body is dropped */
    AGENT_RELAY_LINGERING      /* nothing more to say: input is dropped */
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
    agent_netstat_t              other;
    uint64_t                     other_read;
};


/* relay.c */

/* ends the connection at once; it is freed later */
void agent_relay_close(agent_relay_conn_t *c);

/* sets the deadline, in ms from now; 0: none */
void agent_relay_deadline(agent_relay_conn_t *c, uint64_t ms);

/* waits for the events of each side that its state asks for; 0, or -1 */
int agent_relay_wait(agent_relay_conn_t *c, int client, int app);

extern uint64_t  agent_relay_received;


/* relay_dial.c */

int agent_relay_dial_init(uv_loop_t *loop);

/* connects to the app; goes on with agent_relay_copy() or _refuse() */
void agent_relay_dial(agent_relay_conn_t *c);


/* relay_copy.c */

/* the app is there: copies from now on */
void agent_relay_copy(agent_relay_conn_t *c);

/* a readable or writable side, or the end of the deadline */
void agent_relay_copy_event(agent_relay_conn_t *c, agent_relay_side_t *s);
void agent_relay_copy_check(agent_relay_conn_t *c, int expired);

/* sends what waits in s->out; the side is marked gone if it refuses */
void agent_relay_flush(agent_relay_side_t *s);

/* queues a copy of the bytes, of which some may be sent at once */
int agent_relay_send(agent_relay_side_t *s, const char *buf, size_t len);

/* reads and drops, a bounded number of bytes a call; sets s->eof */
size_t agent_relay_drop(agent_relay_conn_t *c, agent_relay_side_t *s);

/* the peer has closed its socket, or it was reset */
int agent_relay_is_gone(agent_relay_side_t *s);

/* what is to be said is said: drops the client's input until its end */
void agent_relay_linger(agent_relay_conn_t *c);

extern char  agent_relay_buffer[AGENT_RELAY_BUFFER];


/* relay_refuse.c */

/* no app: reads the request and answers it */
void agent_relay_refuse(agent_relay_conn_t *c, int timed_out);
void agent_relay_refuse_event(agent_relay_conn_t *c);
void agent_relay_refuse_expired(agent_relay_conn_t *c);

/*
 * The length of a request's body by its head of len bytes: 0 or more, or -1
 * where it cannot be told from the head.
 */
int64_t agent_relay_body_length(const char *head, size_t len);


#endif /* _AGENT_RELAY_CONN_H_INCLUDED_ */
