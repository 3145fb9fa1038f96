
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_TRANSPORT_EXCHANGE_H_INCLUDED_
#define _AGENT_TRANSPORT_EXCHANGE_H_INCLUDED_


#include <stddef.h>
#include <llhttp.h>
#include <uv.h>

#include "base/buffer.h"


/*
 * A request that the agent sends to itself, over a pair of sockets: what its
 * server reads from the other end is a connection like all others.
 */


#define AGENT_EXCHANGE_TYPE  64


typedef struct agent_exchange_s  agent_exchange_t;


struct agent_exchange_s {
    /* set by the owner after agent_exchange_create() */

    void             *data;
    /* type: the media type in lower case, without parameters; "": none */
    void            (*on_head)(agent_exchange_t *x, int status,
                               const char *type);
    void            (*on_body)(agent_exchange_t *x, const char *buf,
                               size_t len);
    /*
     * The response has ended; whole: it is complete.  The last callback: x is
     * freed afterwards.
     */
    void            (*on_end)(agent_exchange_t *x, int whole);

    /* private to exchange.c */

    uv_poll_t         poll;
    int               fd;
    llhttp_t          parser;
    agent_buffer_t    out;
    size_t            sent;
    size_t            ntype;
    char              type[AGENT_EXCHANGE_TYPE];
    char              name[16];        /* of the current field */
    size_t            nname;
    unsigned          paused:1;
    unsigned          whole:1;
    unsigned          over:1;
};


/*
 * Sends the bytes of a request, which is emptied, and must have the header
 * "Connection: close".  Callbacks come from the loop.  NULL with errno: too
 * many open files, or out of memory.
 */
agent_exchange_t *agent_exchange_create(agent_buffer_t *request);

/* pause and resume reading the response */
void agent_exchange_pause(agent_exchange_t *x);
void agent_exchange_resume(agent_exchange_t *x);

/* disconnects; no callback follows */
void agent_exchange_abort(agent_exchange_t *x);


#endif /* _AGENT_TRANSPORT_EXCHANGE_H_INCLUDED_ */
