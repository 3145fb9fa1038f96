
/*
 * Copyright (C) the ngx_sandbox authors
 */


/*
 * The WebSockets of the agent, for the tests of the protocol: each message on
 * "/" is sent back, piece by piece.
 *
 *     websocket_echo <path of the socket to listen on>
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/loop.h"
#include "http/connection.h"
#include "http/router.h"
#include "http/server.h"
#include "http/websocket.h"


/* the state of the message that comes back */

typedef struct {
    unsigned  inside:1;
} echo_t;


static void echo_accept(uv_poll_t *poll, int status, int events);
static void echo_open(agent_request_t *r);
static void echo_data(agent_websocket_t *ws, int opcode, const char *buf,
    size_t len, int last);
static void echo_drain(agent_websocket_t *ws);
static void echo_close(agent_websocket_t *ws);


uv_loop_t  *agent_loop;

static int  echo_listener;

static const agent_route_t  echo_routes[] = {
    { "GET", "/", echo_open, NULL, 0 },
    { NULL, NULL, NULL, NULL, 0 }
};

static const agent_route_t *const  echo_tables[] = { echo_routes, NULL };


/* in place of http/server.c, which serves no peer of its own namespace */

void
agent_server_closed(void)
{
}


int
agent_server_draining(void)
{
    return 0;
}


int
main(int argc, char **argv)
{
    uv_loop_t           loop;
    uv_poll_t           poll;
    struct sockaddr_un  sun;

    if (argc != 2) {
        fprintf(stderr, "usage: websocket_echo <socket>\n");
        return 2;
    }

    (void) prctl(PR_SET_PDEATHSIG, 9);

    memset(&sun, 0, sizeof(struct sockaddr_un));
    sun.sun_family = AF_UNIX;
    snprintf(sun.sun_path, sizeof(sun.sun_path), "%.100s", argv[1]);

    echo_listener = socket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK, 0);

    if (echo_listener == -1
        || bind(echo_listener, (struct sockaddr *) &sun, sizeof(sun)) == -1
        || listen(echo_listener, 64) == -1
        || uv_loop_init(&loop) != 0)
    {
        perror("websocket_echo");
        return 1;
    }

    agent_loop = &loop;

    agent_connection_init();
    agent_router_init(echo_tables);

    uv_poll_init(agent_loop, &poll, echo_listener);
    uv_poll_start(&poll, UV_READABLE, echo_accept);

    return uv_run(agent_loop, UV_RUN_DEFAULT);
}


static void
echo_accept(uv_poll_t *poll, int status, int events)
{
    int  fd;

    fd = accept4(echo_listener, NULL, NULL, SOCK_NONBLOCK);

    if (fd != -1 && agent_connection_create(fd) != 0) {
        close(fd);
    }
}


static void
echo_open(agent_request_t *r)
{
    agent_websocket_t  *ws;

    ws = agent_websocket_accept(r);

    if (ws) {
        ws->data = calloc(1, sizeof(echo_t));
        ws->on_data = echo_data;
        ws->on_drain = echo_drain;
        ws->on_close = echo_close;
    }
}


static void
echo_data(agent_websocket_t *ws, int opcode, const char *buf, size_t len,
    int last)
{
    echo_t  *echo;

    echo = ws->data;

    agent_websocket_send_piece(ws, opcode, buf, len, !echo->inside, last);
    echo->inside = !last;

    if (agent_websocket_full(ws)) {
        agent_websocket_pause(ws);
    }
}


static void
echo_drain(agent_websocket_t *ws)
{
    agent_websocket_resume(ws);
}


static void
echo_close(agent_websocket_t *ws)
{
    free(ws->data);
}
