
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_LISTENER_H_INCLUDED_
#define _AGENT_SYS_LISTENER_H_INCLUDED_


#include <uv.h>


/*
 * A listening unix socket, whose connections are accepted as long as there is
 * room.  Peers inside the agent's PID namespace are disconnected.
 */

typedef struct agent_listener_s  agent_listener_t;


struct agent_listener_s {
    /* set by the owner */

    /* fd is non-blocking, and ownership of it is passed on */
    void       (*on_accept)(agent_listener_t *l, int fd);
    /* 1: no room for another connection; NULL: there always is */
    int        (*full)(agent_listener_t *l);
    /* it was closed, and may be freed; may be NULL */
    void       (*on_close)(agent_listener_t *l);
    /* ms until the next attempt if it is full, or out of descriptors */
    unsigned     pause_ms;
    void        *data;

    /* private to listener.c */

    uv_poll_t    poll;
    uv_timer_t   timer;
    int          fd;
    unsigned     handles:2;
    unsigned     open:1;
    unsigned     polling:1;
};


/*
 * Takes ownership of fd, also on failure, after which on_close follows.  0, or
 * a libuv error.
 */
int agent_listener_start(agent_listener_t *l, int fd);

/* there may be room again */
void agent_listener_resume(agent_listener_t *l);

/* refuses new connections; those already queued can still be accepted */
void agent_listener_shut(agent_listener_t *l);

/*
 * Shuts the socket down, accepts the queued connections even if full, or else
 * disconnects them, and closes.
 */
void agent_listener_drain(agent_listener_t *l, int accept);

/* does nothing if it is closed */
void agent_listener_close(agent_listener_t *l);


#endif /* _AGENT_SYS_LISTENER_H_INCLUDED_ */
