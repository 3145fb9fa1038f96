
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>


/*
 * The app behind the large transfers that are measured, a thread for each
 * connection: "GET /LENGTH" is answered with LENGTH bytes, a body that comes
 * is read and its length answered; no disk is involved.  usage: stream PORT
 */


#define STREAM_BUFFER  262144


static int stream_listen(int port);
static void *stream_serve(void *data);
static ssize_t stream_head(int fd, char *buf, char **body);
static int stream_down(int fd, const char *buf, uint64_t length);
static int stream_up(int fd, char *buf, uint64_t have, uint64_t length);
static int stream_write(int fd, const char *p, size_t len);


int
main(int argc, char **argv)
{
    int        ls, fd, on;
    pthread_t  thread;

    if (argc != 2) {
        fprintf(stderr, "usage: stream PORT\n");
        return 2;
    }

    signal(SIGPIPE, SIG_IGN);

    ls = stream_listen(atoi(argv[1]));

    if (ls == -1) {
        perror("stream");
        return 1;
    }

    for ( ;; ) {
        fd = accept4(ls, NULL, NULL, SOCK_CLOEXEC);

        if (fd == -1) {
            if (errno == ECONNABORTED || errno == EINTR) {
                continue;
            }

            perror("accept");
            return 1;
        }

        on = 1;
        (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

        if (pthread_create(&thread, NULL, stream_serve, (void *) (intptr_t) fd)
            != 0)
        {
            close(fd);
            continue;
        }

        pthread_detach(thread);
    }
}


static int
stream_listen(int port)
{
    int                 ls, on;
    struct sockaddr_in  sin;

    ls = socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0);

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
        || listen(ls, 128) == -1)
    {
        close(ls);
        return -1;
    }

    return ls;
}


static void *
stream_serve(void *data)
{
    int          fd, rc;
    char        *buf, *body, *p;
    ssize_t      n;
    uint64_t     length;

    fd = (intptr_t) data;
    buf = malloc(STREAM_BUFFER + 1);

    while (buf) {
        n = stream_head(fd, buf, &body);

        if (n <= 0) {
            break;
        }

        if (strncmp(buf, "GET /", 5) == 0) {
            rc = stream_down(fd, buf, strtoull(buf + 5, NULL, 10));

        } else {
            p = strcasestr(buf, "\r\nContent-Length:");
            length = p ? strtoull(p + 17, NULL, 10) : 0;
            rc = stream_up(fd, buf, n - (body - buf), length);
        }

        if (rc == -1) {
            break;
        }
    }

    free(buf);
    close(fd);

    return NULL;
}


/* the bytes of the head and of what came with it */

static ssize_t
stream_head(int fd, char *buf, char **body)
{
    char     *end;
    size_t    len;
    ssize_t   n;

    len = 0;

    for ( ;; ) {
        n = read(fd, buf + len, STREAM_BUFFER - len);

        if (n <= 0) {
            return n;
        }

        len += n;
        buf[len] = '\0';
        end = strstr(buf, "\r\n\r\n");

        if (end) {
            *end = '\0';
            *body = end + 4;
            return len;
        }
    }
}


static int
stream_down(int fd, const char *buf, uint64_t length)
{
    int     n;
    char    head[128];
    size_t  len;

    n = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\n"
                 "Content-Length: %" PRIu64 "\r\n\r\n", length);

    if (stream_write(fd, head, n) == -1) {
        return -1;
    }

    while (length) {
        len = length < STREAM_BUFFER ? length : STREAM_BUFFER;

        if (stream_write(fd, buf, len) == -1) {
            return -1;
        }

        length -= len;
    }

    return 0;
}


static int
stream_up(int fd, char *buf, uint64_t have, uint64_t length)
{
    int       n, len;
    char      head[192], text[32];
    ssize_t   got;
    uint64_t  left;

    left = length > have ? length - have : 0;

    while (left) {
        got = read(fd, buf, left < STREAM_BUFFER ? left : STREAM_BUFFER);

        if (got <= 0) {
            return -1;
        }

        left -= got;
    }

    len = snprintf(text, sizeof(text), "%" PRIu64 "\n", length);
    n = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\n"
                 "Content-Length: %d\r\n\r\n%s", len, text);

    return stream_write(fd, head, n);
}


static int
stream_write(int fd, const char *p, size_t len)
{
    ssize_t  n;

    while (len) {
        n = write(fd, p, len);

        if (n == -1) {
            return -1;
        }

        p += n;
        len -= n;
    }

    return 0;
}
