
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>


/*
 * The app behind the previews that are measured: one thread, 13 bytes for
 * any request without a body, keep-alive; a WebSocket at /ws that echoes short
 * messages, for the client with the key of RFC 6455.  usage: app PORT
 */


#define APP_CONNECTIONS  4096
#define APP_BUFFER       8192
#define APP_EVENTS       512


typedef struct {
    int     fd;
    int     ws;
    size_t  len;                 /* bytes of a request not yet complete */
    char    buf[APP_BUFFER];
} app_conn_t;


static int app_listen(int port);
static int app_accept(int ep, int ls);
static int app_read(app_conn_t *c);
static int app_answer(app_conn_t *c, size_t n);
static int app_echo(app_conn_t *c);


static app_conn_t  *app_conns[APP_CONNECTIONS];

static const char   app_response[] = "HTTP/1.1 200 OK\r\n"
                                     "Content-Type: text/plain\r\n"
                                     "Content-Length: 13\r\n\r\n"
                                     "Hello, world\n";

static const char   app_switch[] = "HTTP/1.1 101 Switching Protocols\r\n"
                                   "Upgrade: websocket\r\n"
                                   "Connection: Upgrade\r\n"
                                   "Sec-WebSocket-Accept: "
                                   "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";


int
main(int argc, char **argv)
{
    int                 ep, ls, n, i, fd;
    app_conn_t         *c;
    struct epoll_event  ev, events[APP_EVENTS];

    if (argc != 2) {
        fprintf(stderr, "usage: app PORT\n");
        return 2;
    }

    signal(SIGPIPE, SIG_IGN);

    ls = app_listen(atoi(argv[1]));
    ep = epoll_create1(EPOLL_CLOEXEC);

    if (ls == -1 || ep == -1) {
        perror("app");
        return 1;
    }

    ev.events = EPOLLIN;
    ev.data.fd = ls;

    if (epoll_ctl(ep, EPOLL_CTL_ADD, ls, &ev) == -1) {
        perror("epoll_ctl");
        return 1;
    }

    for ( ;; ) {
        n = epoll_wait(ep, events, APP_EVENTS, -1);

        if (n == -1 && errno != EINTR) {
            perror("epoll_wait");
            return 1;
        }

        for (i = 0; i < n; i++) {
            fd = events[i].data.fd;

            if (fd == ls) {
                if (app_accept(ep, ls) == -1) {
                    perror("accept");
                    return 1;
                }

                continue;
            }

            c = app_conns[fd];

            if (app_read(c) == -1) {
                close(fd);
                app_conns[fd] = NULL;
                free(c);
            }
        }
    }
}


static int
app_listen(int port)
{
    int                 ls, on;
    struct sockaddr_in  sin;

    ls = socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (ls == -1) {
        return -1;
    }

    on = 1;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    if (setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1
        || bind(ls, (struct sockaddr *) &sin, sizeof(sin)) == -1
        || listen(ls, 1024) == -1)
    {
        close(ls);
        return -1;
    }

    return ls;
}


static int
app_accept(int ep, int ls)
{
    int                 fd, on;
    struct epoll_event  ev;

    for ( ;; ) {
        fd = accept4(ls, NULL, NULL, SOCK_NONBLOCK|SOCK_CLOEXEC);

        if (fd == -1) {
            return errno == EAGAIN || errno == ECONNABORTED
                   || errno == EINTR ? 0 : -1;
        }

        if (fd >= APP_CONNECTIONS
            || (app_conns[fd] = malloc(sizeof(app_conn_t))) == NULL)
        {
            close(fd);
            continue;
        }

        on = 1;
        (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

        app_conns[fd]->fd = fd;
        app_conns[fd]->ws = 0;
        app_conns[fd]->len = 0;

        ev.events = EPOLLIN;
        ev.data.fd = fd;

        if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == -1) {
            return -1;
        }
    }
}


/* -1: the connection is to be closed */

static int
app_read(app_conn_t *c)
{
    char    *p, *end;
    size_t   left, requests;
    ssize_t  n;

    n = read(c->fd, c->buf + c->len, APP_BUFFER - c->len);

    if (n <= 0) {
        return n == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }

    c->len += n;

    if (c->ws) {
        return app_echo(c);
    }

    requests = 0;
    p = c->buf;

    for ( ;; ) {
        left = c->buf + c->len - p;
        end = memmem(p, left, "\r\n\r\n", 4);

        if (end == NULL) {
            break;
        }

        if (left > 8 && memcmp(p, "GET /ws ", 8) == 0) {
            c->ws = 1;
            c->len = 0;
            return write(c->fd, app_switch, sizeof(app_switch) - 1)
                   == (ssize_t) sizeof(app_switch) - 1 ? 0 : -1;
        }

        requests++;
        p = end + 4;
    }

    memmove(c->buf, p, left);
    c->len = left;

    if (left == APP_BUFFER) {
        return -1;
    }

    return app_answer(c, requests);
}


/* a client of ours never leaves a window full, so a short write is its end */

static int
app_answer(app_conn_t *c, size_t n)
{
    for ( /* void */ ; n; n--) {
        if (write(c->fd, app_response, sizeof(app_response) - 1)
            != (ssize_t) sizeof(app_response) - 1)
        {
            return -1;
        }
    }

    return 0;
}


/* whole messages of less than 126 bytes, in one write */

static int
app_echo(app_conn_t *c)
{
    char    *p, *mask, out[APP_BUFFER];
    size_t   i, len, left, n;

    n = 0;
    p = c->buf;

    for ( ;; ) {
        left = c->buf + c->len - p;

        if (left < 6) {
            break;
        }

        len = p[1] & 0x7f;

        if (len > 125 || !(p[1] & 0x80) || (p[0] & 0x0f) == 0x08) {
            return -1;
        }

        if (left < len + 6) {
            break;
        }

        out[n++] = p[0];
        out[n++] = len;
        mask = p + 2;

        for (i = 0; i < len; i++) {
            out[n++] = p[6 + i] ^ mask[i % 4];
        }

        p += len + 6;
    }

    memmove(c->buf, p, left);
    c->len = left;

    return write(c->fd, out, n) == (ssize_t) n ? 0 : -1;
}
