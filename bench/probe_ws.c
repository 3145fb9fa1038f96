
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "probe.h"


/*
 * WebSockets (RFC 6455) that send a message, wait for its echo and send the
 * next.  The key of the handshake is the RFC's example, and so is what has to
 * be answered.
 */


#define PROBE_WS_MESSAGE  64
#define PROBE_WS_CLIENT   (PROBE_WS_MESSAGE + 6)
#define PROBE_WS_SERVER   (PROBE_WS_MESSAGE + 2)
#define PROBE_WS_MAX      1024
#define PROBE_WS_SECOND   1000000000


typedef struct {
    int       fd;
    size_t    len;
    uint32_t  number;            /* of the message that is out */
    int64_t   sent;
    char      buf[PROBE_WS_SERVER];
} probe_ws_t;


static int probe_ws_open(probe_ws_t *ws, const char *address,
    const char *request, size_t len);
static int probe_ws_send(probe_ws_t *ws);
static int probe_ws_recv(probe_ws_t *ws);
static void probe_ws_message(char *buf, uint32_t number);
static int probe_ws_compare(const void *one, const void *two);


int
probe_ws(const char *address, long count, long seconds, const char *request,
    size_t len)
{
    int            rc;
    long           i;
    size_t         n, size;
    int64_t       *times, *more, now, end, begun;
    probe_ws_t    *ws;
    struct pollfd *pfd;

    if (count < 1 || count > PROBE_WS_MAX || seconds < 1) {
        fprintf(stderr, "probe: 1 to %d WebSockets, a second or more\n",
                PROBE_WS_MAX);
        return -1;
    }

    n = 0;
    size = 65536;
    ws = calloc(count, sizeof(probe_ws_t));
    pfd = calloc(count, sizeof(struct pollfd));
    times = malloc(size * sizeof(int64_t));

    if (ws == NULL || pfd == NULL || times == NULL) {
        return -1;
    }

    for (i = 0; i < count; i++) {
        if (probe_ws_open(&ws[i], address, request, len) == -1) {
            return -1;
        }

        pfd[i].fd = ws[i].fd;
        pfd[i].events = POLLIN;
    }

    begun = probe_now(CLOCK_MONOTONIC);
    end = begun + seconds * PROBE_WS_SECOND;

    for (i = 0; i < count; i++) {
        if (probe_ws_send(&ws[i]) == -1) {
            return -1;
        }
    }

    do {
        rc = poll(pfd, count, 10000);

        if (rc <= 0) {
            fprintf(stderr, "probe: no echo within 10 s\n");
            return -1;
        }

        now = probe_now(CLOCK_MONOTONIC);

        for (i = 0; i < count; i++) {

            if (pfd[i].revents == 0) {
                continue;
            }

            rc = probe_ws_recv(&ws[i]);

            if (rc == 0) {
                continue;
            }

            if (n == size) {
                more = realloc(times, size * 2 * sizeof(int64_t));

                if (more == NULL) {
                    return -1;
                }

                times = more;
                size *= 2;
            }

            times[n++] = now - ws[i].sent;

            if (rc == -1 || probe_ws_send(&ws[i]) == -1) {
                return -1;
            }
        }

    } while (now < end);

    qsort(times, n, sizeof(int64_t), probe_ws_compare);

    printf("rate %" PRIu64 "\np50 %" PRId64 "\np99 %" PRId64 "\n",
           (uint64_t) n * PROBE_WS_SECOND / (uint64_t) (now - begun),
           times[n / 2], times[n * 99 / 100]);

    return 0;
}


static int
probe_ws_open(probe_ws_t *ws, const char *address, const char *request,
    size_t len)
{
    char                *head;
    size_t               n;
    ssize_t              rc;
    static probe_conn_t  c;
    static char          buf[4096];

    if (probe_connect(&c, address) == -1
        || probe_send(&c, request, len) == -1)
    {
        return -1;
    }

    n = 0;

    do {
        rc = recv(c.fd, buf + n, sizeof(buf) - 1 - n, 0);

        if (rc <= 0) {
            fprintf(stderr, "probe: the handshake was cut off\n");
            return -1;
        }

        n += rc;
        buf[n] = '\0';
        head = strstr(buf, "\r\n\r\n");

    } while (head == NULL && n < sizeof(buf) - 1);

    if (head == NULL || head + 4 != buf + n
        || strncmp(buf, "HTTP/1.1 101 ", 13) != 0
        || strstr(buf, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == NULL)
    {
        fprintf(stderr, "probe: no WebSocket: %.200s\n", buf);
        return -1;
    }

    ws->fd = c.fd;

    return 0;
}


static int
probe_ws_send(probe_ws_t *ws)
{
    char                 frame[PROBE_WS_CLIENT];
    size_t               i;
    probe_conn_t        *c;
    static probe_conn_t  conn;
    static const char    mask[4] = { 0x37, (char) 0xfa, 0x21, 0x3d };

    frame[0] = (char) 0x82;
    frame[1] = (char) (0x80 | PROBE_WS_MESSAGE);
    memcpy(frame + 2, mask, 4);
    probe_ws_message(frame + 6, ++ws->number);

    for (i = 0; i < PROBE_WS_MESSAGE; i++) {
        frame[6 + i] ^= mask[i % 4];
    }

    c = &conn;
    c->fd = ws->fd;
    ws->len = 0;
    ws->sent = probe_now(CLOCK_MONOTONIC);

    return probe_send(c, frame, sizeof(frame));
}


/* 1: the echo has come, 0: not yet whole */

static int
probe_ws_recv(probe_ws_t *ws)
{
    char     message[PROBE_WS_MESSAGE];
    ssize_t  n;

    n = recv(ws->fd, ws->buf + ws->len, PROBE_WS_SERVER - ws->len, 0);

    if (n <= 0) {
        fprintf(stderr, "probe: a WebSocket has ended\n");
        return -1;
    }

    ws->len += n;

    if (ws->len < PROBE_WS_SERVER) {
        return 0;
    }

    probe_ws_message(message, ws->number);

    if (ws->buf[0] != (char) 0x82 || ws->buf[1] != PROBE_WS_MESSAGE
        || memcmp(ws->buf + 2, message, PROBE_WS_MESSAGE) != 0)
    {
        fprintf(stderr, "probe: not what was sent\n");
        return -1;
    }

    return 1;
}


static void
probe_ws_message(char *buf, uint32_t number)
{
    size_t  i;

    for (i = 0; i < PROBE_WS_MESSAGE; i += sizeof(number)) {
        memcpy(buf + i, &number, sizeof(number));
    }
}


static int
probe_ws_compare(const void *one, const void *two)
{
    int64_t  a, b;

    a = *(const int64_t *) one;
    b = *(const int64_t *) two;

    return (a > b) - (a < b);
}
