
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "http/connection.h"
#include "http/router.h"
#include "http/server.h"
#include "sys/peer.h"


#define AGENT_ACCEPT_MAX     64       /* per iteration of the loop */
#define AGENT_ACCEPT_PAUSE   50       /* ms, if out of descriptors or memory */


static void agent_server_accept(uv_poll_t *poll, int status, int events);
static void agent_server_listen(void);
static void agent_server_resume(void);
static void agent_server_retry(uv_timer_t *timer);


static int         agent_server_fd = -1;
static int         agent_server_polling;
static int         agent_server_is_draining;
static uv_poll_t   agent_server_poll;
static uv_timer_t  agent_server_timer;
static void      (*agent_server_on_close)(void);


int
agent_server_start(int fd, const agent_route_t *const *routes,
    void (*on_close)(void))
{
    int  rc;

    rc = uv_poll_init(agent_loop, &agent_server_poll, fd);

    if (rc != 0) {
        return rc;
    }

    uv_timer_init(agent_loop, &agent_server_timer);
    agent_connection_init();
    agent_router_init(routes);

    agent_server_on_close = on_close;
    agent_server_fd = fd;
    agent_server_listen();

    return 0;
}


void
agent_server_closed(void)
{
    agent_server_on_close();
    agent_server_resume();
}


static void
agent_server_resume(void)
{
    /* when out of descriptors or memory, the timer retries */

    if (agent_connection_count() < AGENT_SERVER_MAX
        && !uv_is_active((uv_handle_t *) &agent_server_timer))
    {
        agent_server_listen();
    }
}


static void
agent_server_listen(void)
{
    if (agent_server_polling || agent_server_fd == -1) {
        return;
    }

    agent_server_polling = 1;
    uv_poll_start(&agent_server_poll, UV_READABLE, agent_server_accept);
}


static void
agent_server_retry(uv_timer_t *timer)
{
    agent_server_resume();
}


static void
agent_server_accept(uv_poll_t *poll, int status, int events)
{
    int  fd, i;

    for (i = 0; i < AGENT_ACCEPT_MAX; i++) {

        if (agent_connection_count() >= AGENT_SERVER_MAX) {
            goto pause;
        }

        fd = accept4(agent_server_fd, NULL, NULL,
                     SOCK_NONBLOCK|SOCK_CLOEXEC);

        if (fd == -1) {

            if (errno == EAGAIN || errno == EINTR
                || errno == ECONNABORTED)
            {
                return;
            }

            uv_timer_start(&agent_server_timer, agent_server_retry,
                           AGENT_ACCEPT_PAUSE, 0);
            goto pause;
        }

        if (!agent_peer_outside(fd) || agent_connection_create(fd) != 0) {
            close(fd);
        }
    }

    return;

pause:

    uv_poll_stop(&agent_server_poll);
    agent_server_polling = 0;
}


void
agent_server_shut(void)
{
    agent_server_is_draining = 1;

    if (agent_server_fd != -1) {
        shutdown(agent_server_fd, SHUT_RD);
    }
}


int
agent_server_draining(void)
{
    return agent_server_is_draining;
}


void
agent_server_drain(void)
{
    int  fd;

    if (agent_server_fd == -1) {
        return;
    }

    /* serve connections made before the shutdown, regardless of the limit */

    for ( ;; ) {
        fd = accept4(agent_server_fd, NULL, NULL,
                     SOCK_NONBLOCK|SOCK_CLOEXEC);

        if (fd == -1) {

            if (errno == EINTR || errno == ECONNABORTED) {
                continue;
            }

            break;
        }

        if (!agent_peer_outside(fd) || agent_connection_create(fd) != 0) {
            close(fd);
        }
    }

    uv_poll_stop(&agent_server_poll);
    uv_close((uv_handle_t *) &agent_server_poll, NULL);
    close(agent_server_fd);
    agent_server_fd = -1;

    agent_connection_review();
}
