
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <unistd.h>

#include "base/memory.h"
#include "http/connection.h"
#include "http/router.h"
#include "http/server.h"
#include "sys/listener.h"


#define AGENT_SERVER_PAUSE  50         /* ms */
#define AGENT_SERVER_COST   65536      /* bytes of a connection, at most */


static void agent_server_accept(agent_listener_t *l, int fd);
static int agent_server_full(agent_listener_t *l);


static agent_listener_t   agent_server_listener;
static int                agent_server_is_draining;
static void             (*agent_server_on_close)(void);


int
agent_server_start(int fd, const agent_route_t *const *routes,
    void (*on_close)(void))
{
    agent_connection_init();
    agent_router_init(routes);

    agent_server_on_close = on_close;

    agent_server_listener.on_accept = agent_server_accept;
    agent_server_listener.full = agent_server_full;
    agent_server_listener.pause_ms = AGENT_SERVER_PAUSE;

    return agent_listener_start(&agent_server_listener, fd);
}


static void
agent_server_accept(agent_listener_t *l, int fd)
{
    if (agent_connection_create(fd) != 0) {
        close(fd);
    }
}


static int
agent_server_full(agent_listener_t *l)
{
    return agent_connection_count()
           >= agent_memory_clients(AGENT_SERVER_MAX, AGENT_SERVER_COST);
}


void
agent_server_closed(void)
{
    agent_server_on_close();
    agent_listener_resume(&agent_server_listener);
}


void
agent_server_shut(void)
{
    agent_server_is_draining = 1;

    agent_listener_shut(&agent_server_listener);
}


int
agent_server_draining(void)
{
    return agent_server_is_draining;
}


void
agent_server_drain(void)
{
    /* serve connections made before the shutdown, regardless of the limit */

    agent_listener_drain(&agent_server_listener, 1);
    agent_connection_review();
}
