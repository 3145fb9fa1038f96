
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
 * any request without a body, keep-alive.  usage: app PORT
 */


#define APP_CONNECTIONS  4096
#define APP_BUFFER       8192
#define APP_EVENTS       512


typedef struct {
    int     fd;
    size_t  len;                 /* bytes of a request not yet complete */
    char    buf[APP_BUFFER];
} app_conn_t;


static int app_listen(int port);
static int app_accept(int ep, int ls);
static int app_read(app_conn_t *c);
static int app_answer(app_conn_t *c, size_t n);


static app_conn_t  *app_conns[APP_CONNECTIONS];

static const char   app_response[] = "HTTP/1.1 200 OK\r\n"
                                     "Content-Type: text/plain\r\n"
                                     "Content-Length: 13\r\n\r\n"
                                     "Hello, world\n";


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
    requests = 0;
    p = c->buf;

    for ( ;; ) {
        left = c->buf + c->len - p;
        end = memmem(p, left, "\r\n\r\n", 4);

        if (end == NULL) {
            break;
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
