
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"


typedef struct {
    int      chunked;
    int64_t  length;             /* -1: until the end of the connection */
} probe_framing_t;


static ssize_t probe_fill(probe_conn_t *c);
static char *probe_line(probe_conn_t *c);
static int probe_head(probe_conn_t *c, probe_framing_t *f);
static int probe_take(probe_conn_t *c, int64_t n, probe_body_pt body,
    void *data);
static int probe_chunks(probe_conn_t *c, probe_body_pt body, void *data);


int64_t
probe_now(int clock)
{
    struct timespec  ts;

    clock_gettime(clock, &ts);

    return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


int
probe_connect(probe_conn_t *c, const char *address)
{
    int                  on, rc;
    char                 host[64];
    const char          *colon;
    struct sockaddr_un   sun;
    struct sockaddr_in   sin;

    c->fd = -1;
    c->pos = 0;
    c->last = 0;

    if (strncmp(address, "unix:", 5) == 0) {
        memset(&sun, 0, sizeof(sun));
        sun.sun_family = AF_UNIX;

        if (strlen(address + 5) >= sizeof(sun.sun_path)) {
            fprintf(stderr, "probe: %s is too long\n", address);
            return -1;
        }

        strcpy(sun.sun_path, address + 5);

        c->fd = socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0);

        rc = connect(c->fd, (struct sockaddr *) &sun, sizeof(sun));

    } else {
        colon = strchr(address, ':');

        if (colon == NULL || (size_t) (colon - address) >= sizeof(host)) {
            fprintf(stderr, "probe: \"%s\" is no address\n", address);
            return -1;
        }

        memcpy(host, address, colon - address);
        host[colon - address] = '\0';

        memset(&sin, 0, sizeof(sin));
        sin.sin_family = AF_INET;
        sin.sin_port = htons(atoi(colon + 1));
        sin.sin_addr.s_addr = inet_addr(host);

        c->fd = socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0);

        on = 1;
        (void) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

        rc = connect(c->fd, (struct sockaddr *) &sin, sizeof(sin));
    }

    if (rc == -1) {
        fprintf(stderr, "probe: connect to %s: %s\n", address,
                strerror(errno));
        probe_close(c);
        return -1;
    }

    return 0;
}


void
probe_close(probe_conn_t *c)
{
    if (c->fd != -1) {
        close(c->fd);
        c->fd = -1;
    }
}


int
probe_send(probe_conn_t *c, const char *p, size_t len)
{
    ssize_t  n;

    while (len) {
        n = send(c->fd, p, len, MSG_NOSIGNAL);

        if (n == -1) {
            if (errno == EINTR) {
                continue;
            }

            fprintf(stderr, "probe: send: %s\n", strerror(errno));
            return -1;
        }

        p += n;
        len -= n;
    }

    return 0;
}


int
probe_response(probe_conn_t *c, probe_body_pt body, void *data)
{
    probe_framing_t  f;

    c->length = 0;

    do {
        if (probe_head(c, &f) == -1) {
            return -1;
        }

    } while (c->status >= 100 && c->status < 200);

    if (c->status == 204 || c->status == 304) {
        return 0;
    }

    if (f.chunked) {
        return probe_chunks(c, body, data);
    }

    if (f.length == -1) {
        c->close = 1;
    }

    return probe_take(c, f.length, body, data);
}


static ssize_t
probe_fill(probe_conn_t *c)
{
    ssize_t  n;

    if (c->pos == c->last) {
        c->pos = 0;
        c->last = 0;

    } else if (c->pos) {
        memmove(c->buf, c->buf + c->pos, c->last - c->pos);
        c->last -= c->pos;
        c->pos = 0;
    }

    if (c->last == PROBE_BUFFER) {
        fprintf(stderr, "probe: a line is too long\n");
        return -1;
    }

    do {
        n = recv(c->fd, c->buf + c->last, PROBE_BUFFER - c->last, 0);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        fprintf(stderr, "probe: recv: %s\n", strerror(errno));

    } else {
        c->last += n;
    }

    return n;
}


/* a line, ended by a null byte in place of CRLF; NULL at the end */

static char *
probe_line(probe_conn_t *c)
{
    char     *p, *end;
    ssize_t   n;

    for ( ;; ) {
        p = c->buf + c->pos;
        end = memmem(p, c->last - c->pos, "\r\n", 2);

        if (end) {
            *end = '\0';
            c->pos = end + 2 - c->buf;
            return p;
        }

        n = probe_fill(c);

        if (n <= 0) {
            if (n == 0) {
                fprintf(stderr, "probe: the connection was closed\n");
            }

            return NULL;
        }
    }
}


static int
probe_head(probe_conn_t *c, probe_framing_t *f)
{
    char  *line;

    f->chunked = 0;
    f->length = -1;
    c->close = 0;

    line = probe_line(c);

    if (line == NULL) {
        return -1;
    }

    if (sscanf(line, "HTTP/1.%*d %d", &c->status) != 1) {
        fprintf(stderr, "probe: \"%.60s\" is no status line\n", line);
        return -1;
    }

    for ( ;; ) {
        line = probe_line(c);

        if (line == NULL) {
            return -1;
        }

        if (*line == '\0') {
            return 0;
        }

        if (strncasecmp(line, "Content-Length:", 15) == 0) {
            f->length = strtoll(line + 15, NULL, 10);

        } else if (strcasecmp(line, "Transfer-Encoding: chunked") == 0) {
            f->chunked = 1;

        } else if (strcasecmp(line, "Connection: close") == 0) {
            c->close = 1;
        }
    }
}


/* n bytes of body, or all until the end when n is -1 */

static int
probe_take(probe_conn_t *c, int64_t n, probe_body_pt body, void *data)
{
    size_t   len;
    ssize_t  rc;

    for ( ;; ) {
        len = c->last - c->pos;

        if (n != -1 && (int64_t) len > n) {
            len = n;
        }

        if (len) {
            if (body && body(data, c->buf + c->pos, len) == -1) {
                return -1;
            }

            c->pos += len;
            c->length += len;

            if (n != -1) {
                n -= len;
            }
        }

        if (n == 0) {
            return 0;
        }

        rc = probe_fill(c);

        if (rc == -1) {
            return -1;
        }

        if (rc == 0) {
            if (n == -1) {
                return 0;
            }

            fprintf(stderr, "probe: the body was cut off\n");
            return -1;
        }
    }
}


static int
probe_chunks(probe_conn_t *c, probe_body_pt body, void *data)
{
    char     *line, *end;
    int64_t   n;

    for ( ;; ) {
        line = probe_line(c);

        if (line == NULL) {
            return -1;
        }

        n = strtoll(line, &end, 16);

        if (end == line || n < 0) {
            fprintf(stderr, "probe: \"%.60s\" is no chunk\n", line);
            return -1;
        }

        if (n && probe_take(c, n, body, data) == -1) {
            return -1;
        }

        line = probe_line(c);

        if (line == NULL) {
            return -1;
        }

        if (*line != '\0') {
            fprintf(stderr, "probe: a chunk has no end\n");
            return -1;
        }

        if (n == 0) {
            return 0;
        }
    }
}
