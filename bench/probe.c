
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"


/*
 * usage: probe times ADDRESS COUNT [EXPECTED]   requests one after another
 *        probe first ADDRESS COUNT TEXT         the same, until TEXT came
 *        probe put ADDRESS LENGTH [END]         uploads LENGTH bytes; with
 *                                               END, letters and END
 *        probe ws ADDRESS COUNT SECONDS         echoes of COUNT WebSockets
 *        probe lag ADDRESS                      of the lines of an exec stream
 *        probe pipe                             of the lines on stdin
 *
 * The request (of "put": its head) comes on stdin.  Prints nanoseconds, one a
 * line: of each request until its response is complete, or, with "first",
 * until TEXT is in it; or between the time that a line tells (bench/stamp.c)
 * and its arrival here.  "times" and "first" print the
 * length of the last body behind them, as "length N".  A response that is not
 * 200, or does not have EXPECTED in it, is an error.
 */


#define PROBE_REQUEST_MAX  65536
#define PROBE_TAIL         4096
#define PROBE_LINE         1024


/* the end of a body, where an exit status is */

typedef struct {
    const char  *first;          /* when this came */
    int64_t      came;
    size_t       len;
    char    buf[PROBE_TAIL + 1];
} probe_tail_t;


/* lines of a body */

typedef struct {
    size_t  len;
    long    count;
    int     output;              /* inside of an event "stdout" */
    int     finished;
    char    buf[PROBE_LINE];
} probe_lines_t;


static int probe_times(const char *address, long count, const char *expected,
    int first);
static int probe_put(const char *address, uint64_t length, const char *end);
static int probe_lag(const char *address);
static int probe_pipe(void);
static ssize_t probe_request(char *buf);
static int probe_tail(void *data, const char *p, size_t len);
static int probe_events(void *data, const char *p, size_t len);
static void probe_event(probe_lines_t *l, int64_t now);
static void probe_json_event(probe_lines_t *l, const char *text, int64_t now);
static void probe_stamp(const char *text, int64_t now);
static size_t probe_base64(const char *text, char *out, size_t size);


static probe_conn_t  probe_conn;
static char          probe_text[PROBE_REQUEST_MAX];


int
main(int argc, char **argv)
{
    int      rc;
    ssize_t  len;

    rc = -2;
    probe_conn.fd = -1;

    if (argc >= 4 && argc <= 5 && strcmp(argv[1], "times") == 0) {
        rc = probe_times(argv[2], strtol(argv[3], NULL, 10), argv[4], 0);

    } else if (argc == 5 && strcmp(argv[1], "first") == 0) {
        rc = probe_times(argv[2], strtol(argv[3], NULL, 10), argv[4], 1);

    } else if ((argc == 4 || argc == 5) && strcmp(argv[1], "put") == 0) {
        rc = probe_put(argv[2], strtoull(argv[3], NULL, 10), argv[4]);

    } else if (argc == 5 && strcmp(argv[1], "ws") == 0) {
        len = probe_request(probe_text);
        rc = len == -1 ? -1 : probe_ws(argv[2], strtol(argv[3], NULL, 10),
                                       strtol(argv[4], NULL, 10), probe_text,
                                       len);

    } else if (argc == 3 && strcmp(argv[1], "lag") == 0) {
        rc = probe_lag(argv[2]);

    } else if (argc == 2 && strcmp(argv[1], "pipe") == 0) {
        rc = probe_pipe();
    }

    if (rc == -2) {
        fprintf(stderr, "usage: probe times|first|put|ws|lag|pipe ...\n");
        return 2;
    }

    return rc == 0 ? 0 : 1;
}


static int
probe_times(const char *address, long count, const char *expected, int first)
{
    long          i;
    int64_t       start, *times;
    ssize_t       len;
    probe_tail_t  tail;

    len = probe_request(probe_text);
    times = count > 0 ? malloc(count * sizeof(int64_t)) : NULL;

    if (len == -1 || times == NULL
        || probe_connect(&probe_conn, address) == -1)
    {
        return -1;
    }

    for (i = 0; i < count; i++) {
        tail.len = 0;
        tail.first = first ? expected : NULL;
        tail.came = 0;
        start = probe_now(CLOCK_MONOTONIC);

        if (probe_send(&probe_conn, probe_text, len) == -1
            || probe_response(&probe_conn, expected ? probe_tail : NULL,
                              &tail)
               == -1)
        {
            return -1;
        }

        times[i] = (first ? tail.came : probe_now(CLOCK_MONOTONIC)) - start;

        tail.buf[tail.len] = '\0';

        if (probe_conn.status != 200
            || (first && tail.came == 0)
            || (expected && !first && strstr(tail.buf, expected) == NULL))
        {
            fprintf(stderr, "probe: status %d, %s\n", probe_conn.status,
                    expected ? tail.buf : "");
            return -1;
        }

        if (probe_conn.close && i + 1 < count) {
            probe_close(&probe_conn);

            if (probe_connect(&probe_conn, address) == -1) {
                return -1;
            }
        }
    }

    for (i = 0; i < count; i++) {
        printf("%" PRId64 "\n", times[i]);
    }

    printf("length %" PRIu64 "\n", probe_conn.length);

    return 0;
}


static int
probe_put(const char *address, uint64_t length, const char *end)
{
    char     *body;
    size_t    i, n;
    int64_t   start;
    ssize_t   len;

    len = probe_request(probe_text);
    body = malloc(PROBE_BUFFER);

    if (len == -1 || body == NULL
        || probe_connect(&probe_conn, address) == -1)
    {
        return -1;
    }

    for (i = 0; i < PROBE_BUFFER; i++) {
        body[i] = i * 2654435761U >> 24;

        if (end) {
            body[i] = 'a' + (unsigned char) body[i] % 26;
        }
    }

    start = probe_now(CLOCK_MONOTONIC);

    if (probe_send(&probe_conn, probe_text, len) == -1) {
        return -1;
    }

    while (length) {
        n = length < PROBE_BUFFER ? length : PROBE_BUFFER;

        if (probe_send(&probe_conn, body, n) == -1) {
            return -1;
        }

        length -= n;
    }

    if (end && *end && probe_send(&probe_conn, end, strlen(end)) == -1) {
        return -1;
    }

    if (probe_response(&probe_conn, NULL, NULL) == -1) {
        return -1;
    }

    printf("%" PRId64 "\n", probe_now(CLOCK_MONOTONIC) - start);

    /* WebDAV answers 201 or 204 */

    if (probe_conn.status < 200 || probe_conn.status > 204) {
        fprintf(stderr, "probe: status %d\n", probe_conn.status);
        return -1;
    }

    return 0;
}


static int
probe_lag(const char *address)
{
    ssize_t        len;
    probe_lines_t  lines;

    memset(&lines, 0, sizeof(lines));

    len = probe_request(probe_text);

    if (len == -1
        || probe_connect(&probe_conn, address) == -1
        || probe_send(&probe_conn, probe_text, len) == -1
        || probe_response(&probe_conn, probe_events, &lines) == -1)
    {
        return -1;
    }

    if (probe_conn.status != 200 || !lines.finished) {
        fprintf(stderr, "probe: status %d, or no exit\n", probe_conn.status);
        return -1;
    }

    return 0;
}


static int
probe_pipe(void)
{
    char     buf[PROBE_LINE];
    int64_t  now;
    ssize_t  n;

    for ( ;; ) {
        n = read(STDIN_FILENO, buf, sizeof(buf) - 1);
        now = probe_now(CLOCK_REALTIME);

        if (n <= 0) {
            return n == 0 ? 0 : -1;
        }

        buf[n] = '\0';
        probe_stamp(buf, now);
    }
}


static ssize_t
probe_request(char *buf)
{
    size_t   len;
    ssize_t  n;

    len = 0;

    do {
        n = read(STDIN_FILENO, buf + len, PROBE_REQUEST_MAX - len);

        if (n > 0) {
            len += n;
        }

    } while (n > 0 || (n == -1 && errno == EINTR));

    if (n == -1 || len == 0 || len == PROBE_REQUEST_MAX) {
        fprintf(stderr, "probe: no request on stdin, or a long one\n");
        return -1;
    }

    return len;
}


static int
probe_tail(void *data, const char *p, size_t len)
{
    size_t         keep;
    probe_tail_t  *tail = data;

    if (tail->first && tail->came == 0
        && memmem(p, len, tail->first, strlen(tail->first)) != NULL)
    {
        tail->came = probe_now(CLOCK_MONOTONIC);
    }

    if (len >= PROBE_TAIL) {
        memcpy(tail->buf, p + len - PROBE_TAIL, PROBE_TAIL);
        tail->len = PROBE_TAIL;
        return 0;
    }

    keep = PROBE_TAIL - len < tail->len ? PROBE_TAIL - len : tail->len;

    memmove(tail->buf, tail->buf + tail->len - keep, keep);
    memcpy(tail->buf + keep, p, len);
    tail->len = keep + len;

    return 0;
}


static int
probe_events(void *data, const char *p, size_t len)
{
    int64_t         now;
    const char     *last;
    probe_lines_t  *l = data;

    now = probe_now(CLOCK_REALTIME);

    for (last = p + len; p < last; p++) {

        if (*p == '\n') {
            l->buf[l->len] = '\0';
            probe_event(l, now);
            l->len = 0;
            continue;
        }

        if (l->len + 1 == PROBE_LINE) {
            fprintf(stderr, "probe: a line is too long\n");
            return -1;
        }

        l->buf[l->len++] = *p;
    }

    return 0;
}


static void
probe_event(probe_lines_t *l, int64_t now)
{
    char  text[PROBE_LINE];

    if (strncmp(l->buf, "event: ", 7) == 0) {
        l->output = strcmp(l->buf + 7, "stdout") == 0;
        return;
    }

    if (strncmp(l->buf, "data: ", 6) != 0) {
        return;
    }

    if (l->buf[6] == '{' && strstr(l->buf, "\"type\":")) {
        probe_json_event(l, l->buf + 6, now);
        return;
    }

    if (!l->output) {
        l->finished = strstr(l->buf, "\"exit_code\":0") != NULL;
        return;
    }

    text[probe_base64(l->buf + 6, text, sizeof(text) - 1)] = '\0';
    probe_stamp(text, now);
}


/*
 * an event of api/execute/stream, {"type":"stdout","data":"123\\n",...}, or of
 * api/execute/code, where the text is "text"
 */

static void
probe_json_event(probe_lines_t *l, const char *text, int64_t now)
{
    const char  *p;

    l->finished = strstr(text, "\"exitCode\":0") != NULL
                  || strstr(text, "\"execution_complete\"") != NULL;

    if (strstr(text, "\"type\":\"stdout\"") == NULL) {
        return;
    }

    p = strstr(text, "\"data\":\"");

    if (p == NULL) {
        p = strstr(text, "\"text\":\"");
    }

    while (p) {
        p += strcspn(p, "0123456789");
        probe_stamp(p, now);

        /* the next line of the same event */
        p = strstr(p, "\\n");
        p = p && p[2] >= '0' && p[2] <= '9' ? p + 2 : NULL;
    }
}


/* lines that were held up may come together */

static void
probe_stamp(const char *text, int64_t now)
{
    char     *end;
    int64_t   then;

    for ( ;; ) {
        then = strtoll(text, &end, 10);

        if (end == text) {
            return;
        }

        printf("%" PRId64 "\n", now - then);
        text = end;
    }
}


static size_t
probe_base64(const char *text, char *out, size_t size)
{
    size_t             n;
    uint32_t           bits;
    unsigned           have;
    const char        *at;
    static const char  set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";

    n = 0;
    bits = 0;
    have = 0;

    for ( /* void */ ; *text && n < size; text++) {
        at = strchr(set, *text);

        if (at == NULL) {
            break;
        }

        bits = bits << 6 | (uint32_t) (at - set);
        have += 6;

        if (have >= 8) {
            have -= 8;
            out[n++] = bits >> have;
        }
    }

    return n;
}
