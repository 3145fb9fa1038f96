
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


/*
 * A shell on a terminal: bare, on a pseudo-terminal of this process, or over a
 * WebSocket.
 *
 *     terminal TARGET ready COUNT    from the start to the first output
 *     terminal TARGET echo COUNT     from a key to its echo
 *     terminal TARGET output BYTES   from a command to all its output
 *
 * TARGET is "bare", or "unix:/path PATH" or "host:port PATH" as one argument,
 * with the path of the request.  Prints nanoseconds, one a line.
 */


#define TERMINAL_TIMEOUT  10000        /* ms */
#define TERMINAL_QUIET    300
#define TERMINAL_BUFFER   262144


typedef struct {
    int       fd;
    int       bare;
    pid_t     pid;
    size_t    len;                     /* received frames, not yet parsed */
    char      buf[TERMINAL_BUFFER];
    size_t    nout;                    /* output that was read last */
    char      out[TERMINAL_BUFFER];
} terminal_t;


static int terminal_ready(const char *target, long count);
static int terminal_echo(const char *target, long count);
static int terminal_output(const char *target, long bytes);
static int terminal_open(terminal_t *t, const char *target);
static int terminal_bare(terminal_t *t);
static int terminal_connect(terminal_t *t, const char *target);
static void terminal_close(terminal_t *t);
static int terminal_type(terminal_t *t, const char *text, size_t len);
static int terminal_read(terminal_t *t, int timeout);
static int terminal_frames(terminal_t *t);
static int64_t terminal_now(void);


static terminal_t  terminal;


int
main(int argc, char **argv)
{
    int   rc;
    long  n;

    signal(SIGPIPE, SIG_IGN);

    n = argc == 4 ? strtol(argv[3], NULL, 10) : 0;

    if (n < 1) {
        fprintf(stderr, "usage: terminal TARGET ready|echo|output COUNT\n");
        return 2;
    }

    if (strcmp(argv[2], "ready") == 0) {
        rc = terminal_ready(argv[1], n);

    } else if (strcmp(argv[2], "echo") == 0) {
        rc = terminal_echo(argv[1], n);

    } else {
        rc = terminal_output(argv[1], n);
    }

    return rc == 0 ? 0 : 1;
}


static int
terminal_ready(const char *target, long count)
{
    int64_t  begun;

    while (count--) {
        begun = terminal_now();

        if (terminal_open(&terminal, target) == -1
            || terminal_read(&terminal, TERMINAL_TIMEOUT) <= 0)
        {
            fprintf(stderr, "terminal: no output\n");
            return -1;
        }

        printf("%" PRId64 "\n", terminal_now() - begun);

        terminal_close(&terminal);
    }

    return 0;
}


static int
terminal_echo(const char *target, long count)
{
    int      rc;
    int64_t  begun;

    if (terminal_open(&terminal, target) == -1) {
        return -1;
    }

    /* the prompt, which a shell prints in pieces */

    rc = terminal_read(&terminal, TERMINAL_TIMEOUT);

    while (rc > 0) {
        rc = terminal_read(&terminal, TERMINAL_QUIET);
    }

    while (rc == 0 && count--) {
        begun = terminal_now();

        if (terminal_type(&terminal, "x", 1) == -1) {
            return -1;
        }

        do {
            rc = terminal_read(&terminal, TERMINAL_TIMEOUT);

            if (rc <= 0) {
                fprintf(stderr, "terminal: no echo\n");
                return -1;
            }

        } while (memchr(terminal.out, 'x', terminal.nout) == NULL);

        printf("%" PRId64 "\n", terminal_now() - begun);

        /* taken back, so that the line stays short */

        if (terminal_type(&terminal, "\x7f", 1) == -1
            || terminal_read(&terminal, TERMINAL_TIMEOUT) <= 0)
        {
            return -1;
        }

        rc = 0;
    }

    terminal_close(&terminal);

    return rc;
}


static int
terminal_output(const char *target, long bytes)
{
    int      n;
    char     line[128];
    size_t   i;
    int64_t  begun;

    if (terminal_open(&terminal, target) == -1) {
        return -1;
    }

    while (terminal_read(&terminal, TERMINAL_QUIET) > 0) { /* void */ }

    /* the echo of the line has no "@" */

    n = snprintf(line, sizeof(line),
                 "head -c %ld /dev/zero | tr '\\0' '\\100'\n", bytes);

    begun = terminal_now();

    if (terminal_type(&terminal, line, n) == -1) {
        return -1;
    }

    while (bytes) {

        if (terminal_read(&terminal, TERMINAL_TIMEOUT) <= 0) {
            fprintf(stderr, "terminal: %ld bytes are missing\n", bytes);
            return -1;
        }

        for (i = 0; i < terminal.nout && bytes; i++) {
            bytes -= (terminal.out[i] == '@');
        }
    }

    printf("%" PRId64 "\n", terminal_now() - begun);

    terminal_close(&terminal);

    return 0;
}


static int
terminal_open(terminal_t *t, const char *target)
{
    t->bare = (strcmp(target, "bare") == 0);
    t->len = 0;
    t->nout = 0;

    return t->bare ? terminal_bare(t) : terminal_connect(t, target);
}


static int
terminal_bare(terminal_t *t)
{
    int             slave, unlock;
    char            path[32];
    unsigned        number;
    struct winsize  size;

    t->fd = open("/dev/ptmx", O_RDWR|O_NOCTTY|O_CLOEXEC);
    unlock = 0;

    if (t->fd == -1 || ioctl(t->fd, TIOCSPTLCK, &unlock) == -1
        || ioctl(t->fd, TIOCGPTN, &number) == -1)
    {
        perror("terminal: /dev/ptmx");
        return -1;
    }

    memset(&size, 0, sizeof(size));
    size.ws_col = 80;
    size.ws_row = 24;
    (void) ioctl(t->fd, TIOCSWINSZ, &size);

    snprintf(path, sizeof(path), "/dev/pts/%u", number);
    slave = open(path, O_RDWR|O_NOCTTY|O_CLOEXEC);

    if (slave == -1) {
        perror(path);
        return -1;
    }

    t->pid = vfork();

    if (t->pid == 0) {
        setsid();
        ioctl(slave, TIOCSCTTY, 0);
        dup2(slave, 0);
        dup2(slave, 1);
        dup2(slave, 2);
        execlp("bash", "bash", (char *) NULL);
        _exit(127);
    }

    close(slave);

    return t->pid == -1 ? -1 : 0;
}


static int
terminal_connect(terminal_t *t, const char *target)
{
    int                  len;
    char                 address[256], request[1024], *port;
    char                *end;
    ssize_t              n;
    const char          *path;
    struct sockaddr_in   sin;
    struct sockaddr_un   sun;

    path = strchr(target, ' ');

    if (path == NULL || (size_t) (path - target) >= sizeof(address)) {
        fprintf(stderr, "terminal: no path in \"%s\"\n", target);
        return -1;
    }

    memcpy(address, target, path - target);
    address[path - target] = '\0';

    if (strncmp(address, "unix:", 5) == 0) {
        memset(&sun, 0, sizeof(sun));
        sun.sun_family = AF_UNIX;
        snprintf(sun.sun_path, sizeof(sun.sun_path), "%.100s", address + 5);

        t->fd = socket(AF_UNIX, SOCK_STREAM, 0);

        if (connect(t->fd, (struct sockaddr *) &sun, sizeof(sun)) == -1) {
            perror(address);
            return -1;
        }

    } else {
        port = strchr(address, ':');

        if (port == NULL) {
            return -1;
        }

        *port++ = '\0';

        memset(&sin, 0, sizeof(sin));
        sin.sin_family = AF_INET;
        sin.sin_port = htons(atoi(port));
        inet_pton(AF_INET, address, &sin.sin_addr);

        t->fd = socket(AF_INET, SOCK_STREAM, 0);

        if (connect(t->fd, (struct sockaddr *) &sin, sizeof(sin)) == -1) {
            perror(address);
            return -1;
        }
    }

    len = snprintf(request, sizeof(request),
                   "GET%s HTTP/1.1\r\nHost: localhost\r\n"
                   "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                   path);

    if (write(t->fd, request, len) != len) {
        return -1;
    }

    for ( ;; ) {
        n = read(t->fd, t->buf + t->len, sizeof(t->buf) - 1 - t->len);

        if (n <= 0) {
            fprintf(stderr, "terminal: the handshake was cut off\n");
            return -1;
        }

        t->len += n;
        t->buf[t->len] = '\0';
        end = strstr(t->buf, "\r\n\r\n");

        if (end) {
            break;
        }
    }

    if (strncmp(t->buf, "HTTP/1.1 101 ", 13) != 0) {
        fprintf(stderr, "terminal: %.300s\n", t->buf);
        return -1;
    }

    end += 4;
    t->len -= end - t->buf;
    memmove(t->buf, end, t->len);

    return 0;
}


static void
terminal_close(terminal_t *t)
{
    close(t->fd);

    if (t->bare) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, NULL, 0);
    }
}


static int
terminal_type(terminal_t *t, const char *text, size_t len)
{
    char  frame[140];

    if (t->bare) {
        return write(t->fd, text, len) == (ssize_t) len ? 0 : -1;
    }

    /* masked by zeros */

    memset(frame, 0, 6);
    frame[0] = (char) 0x82;
    frame[1] = (char) (0x80 | len);
    memcpy(frame + 6, text, len);

    return write(t->fd, frame, len + 6) == (ssize_t) len + 6 ? 0 : -1;
}


/* the number of bytes of output, 0 after the timeout, -1 at the end */

static int
terminal_read(terminal_t *t, int timeout)
{
    int            rc;
    ssize_t        n;
    struct pollfd  pfd;

    pfd.fd = t->fd;
    pfd.events = POLLIN;

    for ( ;; ) {
        t->nout = 0;

        if (!t->bare && terminal_frames(t)) {
            return (int) t->nout;
        }

        rc = poll(&pfd, 1, timeout);

        if (rc <= 0) {
            return rc;
        }

        n = t->bare ? read(t->fd, t->out, sizeof(t->out))
                    : read(t->fd, t->buf + t->len, sizeof(t->buf) - t->len);

        if (n <= 0) {
            return -1;
        }

        if (t->bare) {
            t->nout = n;
            return (int) n;
        }

        t->len += n;
    }
}


/* takes the whole frames that have come; 1: there was output */

static int
terminal_frames(terminal_t *t)
{
    size_t          head, pos;
    uint64_t        len;
    unsigned char  *p;

    pos = 0;

    while (t->len - pos >= 2) {
        p = (unsigned char *) t->buf + pos;
        head = 2;
        len = p[1] & 0x7f;

        if (len == 126) {

            if (t->len - pos < 4) {
                break;
            }

            head = 4;
            len = p[2] << 8 | p[3];
        }

        if (t->len - pos < head + len) {
            break;
        }

        if ((p[0] & 0x0f) == 2) {
            memcpy(t->out + t->nout, p + head, len);
            t->nout += len;
        }

        pos += head + len;
    }

    t->len -= pos;
    memmove(t->buf, t->buf + pos, t->len);

    return t->nout != 0;
}


static int64_t
terminal_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}
