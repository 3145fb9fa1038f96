
/*
 * Copyright (C) the ngx_sandbox authors
 */


/*
 * Takes the agent's place: does the boot handshake, writes down every byte
 * that it receives to /record, and answers requests with garbage that their
 * request line names.
 */


#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>


#define MAX_SOCKETS  256


typedef struct {
    int    fd;
    char   name[16];
} sock_t;


static sock_t  sockets[MAX_SOCKETS];
static int     nsockets;
static char   *mode;


static void
record(const char *what, const void *data, size_t len)
{
    int  fd;

    fd = open("/record", O_WRONLY|O_CREAT|O_APPEND, 0644);
    if (fd == -1) {
        return;
    }

    dprintf(fd, "\n[%s %zu]\n", what, len);

    if (write(fd, data, len) == -1) {
        _exit(3);
    }

    close(fd);
}


static int
mode_is(const char *name)
{
    return mode != NULL && strcmp(mode, name) == 0;
}


static int
put(int fd, const char *data, size_t len)
{
    ssize_t  n;

    while (len) {
        n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0) {
            return -1;
        }
        data += n;
        len -= n;
    }

    return 0;
}


static int
say(int fd, const char *text)
{
    return put(fd, text, strlen(text));
}


static int
boot_connect(const char *dir)
{
    int                 s, i;
    struct sockaddr_un  sun;

    memset(&sun, 0, sizeof(sun));
    sun.sun_family = AF_UNIX;
    snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/boot.sock", dir);

    for (i = 0; i < 15000; i++) {
        s = socket(AF_UNIX, SOCK_SEQPACKET, 0);
        if (connect(s, (struct sockaddr *) &sun, sizeof(sun)) == 0) {
            return s;
        }
        close(s);
        usleep(2000);
    }

    exit(1);
}


/* the names are in the packet, the descriptors in the same order */

static int
boot_packet(int s)
{
    int              n, fds[256];
    char             buf[65537], cbuf[CMSG_SPACE(sizeof(fds))], *p;
    ssize_t          len;
    struct iovec     iov;
    struct msghdr    msg;
    struct cmsghdr  *cmsg;

    memset(&msg, 0, sizeof(msg));
    iov.iov_base = buf;
    iov.iov_len = sizeof(buf) - 1;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = cbuf;
    msg.msg_controllen = sizeof(cbuf);

    len = recvmsg(s, &msg, 0);
    if (len <= 0) {
        exit(1);
    }

    buf[len] = '\0';
    record("boot", buf, len);

    n = 0;
    cmsg = CMSG_FIRSTHDR(&msg);
    if (cmsg != NULL && cmsg->cmsg_type == SCM_RIGHTS) {
        n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(cmsg), n * sizeof(int));
    }

    p = strstr(buf, "\"sockets\"");
    if (p != NULL) {
        int  i;

        p = strchr(p, '[');

        for (i = 0; i < n && p != NULL; i++) {
            p = strchr(p, '"');
            if (p == NULL || sscanf(p, "\"%15[^\"]\"",
                                    sockets[nsockets].name) != 1)
            {
                break;
            }
            sockets[nsockets++].fd = fds[i];
            p = strchr(p + 1, '"');
            if (p != NULL) {
                p++;
            }
        }
    }

    p = strstr(buf, "\"last\"");

    return p != NULL && strstr(p, "true") != NULL;
}


static void
flood_packets(int fd, const char *packet, size_t len)
{
    for ( ;; ) {
        if (send(fd, packet, len, MSG_NOSIGNAL) == -1) {
            _exit(0);
        }
    }
}


static void
control(int fd)
{
    char      buf[65536], out[256], *p;
    ssize_t   n;
    unsigned  seq;

    if (mode_is("hello-silent")) {
        pause();
    }

    if (mode_is("hello-garbage")) {
        (void) send(fd, "\0\377{]", 4, MSG_NOSIGNAL);
        pause();
    }

    if (mode_is("hello-types")) {
        say(fd, "{\"event\":\"hello\",\"v\":\"x\",\"build\":[],"
                "\"listening\":{}}");
        pause();
    }

    if (mode_is("hello-flood")) {
        memset(buf, 'x', sizeof(buf));
        flood_packets(fd, buf, 60000);
    }

    say(fd, "{\"event\":\"hello\",\"v\":1,\"build\":\"hostile\","
            "\"listening\":[8080]}");

    if (mode_is("tether-flood")) {
        say(fd, "{\"event\":\"listening\",\"ports\":[8080,1,99999]}");
        flood_packets(fd, "{\"event\":\"listening\",\"ports\":[]}", 32);
    }

    if (mode_is("tether-garbage")) {
        usleep(100000);
        say(fd, "garbage");
        pause();
    }

    if (mode_is("tether-close")) {
        usleep(100000);
        _exit(0);
    }

    while ((n = recv(fd, buf, sizeof(buf) - 1, 0)) > 0) {
        buf[n] = '\0';
        record("control", buf, n);

        if (strstr(buf, "\"status\"")) {

            /* nothing of it is believed, or waited for */

            if (mode_is("status-silent")) {
                continue;
            }

            if (mode_is("status-leave")) {
                _exit(0);
            }

            if (mode_is("status-types")) {
                for (seq = 0; seq < 100; seq++) {
                    snprintf(out, sizeof(out), "{\"seq\":%u,\"ok\":true,"
                             "\"memory\":\"much\"}", seq);
                    say(fd, out);
                }

                continue;
            }

            if (mode_is("status-others")) {
                say(fd, "{\"seq\":4000000000,\"ok\":true,\"memory\":1}");
                continue;
            }

            if (mode_is("status-huge")) {
                for (seq = 0; seq < 100; seq++) {
                    snprintf(out, sizeof(out), "{\"seq\":%u,\"ok\":true,"
                             "\"memory\":9007199254740992,"
                             "\"sleeps_in_ms\":9007199254740992}", seq);
                    say(fd, out);
                }

                continue;
            }
        }

        p = strstr(buf, "\"seq\"");
        if (p != NULL && sscanf(p, "\"seq\" : %u", &seq) == 1) {
            snprintf(out, sizeof(out), "{\"seq\":%u,\"ok\":true}", seq);
            say(fd, out);
        }
    }

    _exit(0);
}


static const char  ok_head[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/plain\r\n";


static const char  odd_headers[] =
    "X-Z\0ero: a\0b\r\n"
    "X-\1: \2\r\n"
    ": empty\r\n"
    "nocolon\r\n"
    "X-Bare: a\rSet-Cookie: evil=2\r\n"
    "Content-Length: 2\r\n\r\nok";


static void
endless(int fd, const char *piece, size_t len)
{
    while (put(fd, piece, len) == 0) { /* void */ }

    _exit(0);
}


static void
answer(int fd, const char *line)
{
    int   i;
    char  buf[65536];

#define asked(word)  (strstr(line, word) != NULL)

    if (asked("g-headers-endless")) {
        say(fd, ok_head);
        endless(fd, "X-More: and more and more\r\n", 27);

    } else if (asked("g-header-huge")) {
        say(fd, ok_head);
        say(fd, "X-Huge: ");
        memset(buf, 'a', sizeof(buf));
        endless(fd, buf, sizeof(buf));

    } else if (asked("g-headers-1000")) {
        say(fd, ok_head);
        for (i = 0; i < 1000; i++) {
            snprintf(buf, sizeof(buf), "X-Header-%d: a value of %d, not "
                     "short, so that all are many\r\n", i, i);
            say(fd, buf);
        }
        say(fd, "Content-Length: 2\r\n\r\nok");

    } else if (asked("g-body-endless")) {
        say(fd, ok_head);
        say(fd, "\r\n");
        memset(buf, 'b', sizeof(buf));
        endless(fd, buf, sizeof(buf));

    } else if (asked("g-chunks-endless")) {
        say(fd, ok_head);
        say(fd, "Transfer-Encoding: chunked\r\n\r\n");
        endless(fd, "1\r\nx\r\n", 6);

    } else if (asked("g-chunk-extension")) {
        say(fd, ok_head);
        say(fd, "Transfer-Encoding: chunked\r\n\r\n1;");
        memset(buf, 'e', sizeof(buf));
        endless(fd, buf, sizeof(buf));

    } else if (asked("g-accel")) {
        say(fd, ok_head);
        say(fd, "X-Accel-Redirect: /etc/passwd\r\n"
                "X-Accel-Buffering: yes\r\n"
                "X-Accel-Limit-Rate: 1\r\n"
                "X-Accel-Charset: koi8-r\r\n"
                "X-Accel-Expires: 1000\r\n"
                "Content-Length: 5\r\n\r\nplain");

    } else if (asked("g-length-long")) {
        say(fd, ok_head);
        say(fd, "Content-Length: 1000\r\n\r\nabc");
        _exit(0);

    } else if (asked("g-length-short")) {
        say(fd, ok_head);
        say(fd, "Content-Length: 3\r\n\r\nabcdefghijklmnopqrstuvwxyz");

    } else if (asked("g-length-two")) {
        say(fd, ok_head);
        say(fd, "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde");

    } else if (asked("g-length-negative")) {
        say(fd, ok_head);
        say(fd, "Content-Length: -5\r\n\r\nabcde");
        _exit(0);

    } else if (asked("g-length-overflow")) {
        say(fd, ok_head);
        say(fd, "Content-Length: 99999999999999999999999\r\n\r\nabcde");
        _exit(0);

    } else if (asked("g-length-chunked")) {
        say(fd, ok_head);
        say(fd, "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                "5\r\nabcde\r\n0\r\n\r\n");

    } else if (asked("g-chunk-bad")) {
        say(fd, ok_head);
        say(fd, "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n");
        _exit(0);

    } else if (asked("g-chunk-huge")) {
        say(fd, ok_head);
        say(fd, "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc");
        _exit(0);

    } else if (asked("g-chunk-cut")) {
        say(fd, ok_head);
        say(fd, "Transfer-Encoding: chunked\r\n\r\n10\r\nabc");
        _exit(0);

    } else if (asked("g-encoding")) {
        say(fd, ok_head);
        say(fd, "Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nabcde\r\n"
                "0\r\n\r\n");

    } else if (asked("g-1xx-flood")) {
        endless(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);

    } else if (asked("g-101")) {
        say(fd, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                "Connection: upgrade\r\n\r\nraw");

    } else if (asked("g-status")) {
        say(fd, "HTTP/1.1 99999999 Strange\r\n\r\n");
        _exit(0);

    } else if (asked("g-protocol")) {
        say(fd, "SSH-2.0-OpenSSH_9.2p1\r\n");
        _exit(0);

    } else if (asked("g-binary")) {
        put(fd, "\0\1\2\3\377\376\r\n\r\n\0\0\0", 13);
        _exit(0);

    } else if (asked("g-header-bytes")) {
        say(fd, ok_head);
        put(fd, odd_headers, sizeof(odd_headers) - 1);
        _exit(0);

    } else if (asked("g-nothing")) {
        _exit(0);

    } else if (asked("g-silent")) {
        pause();

    } else if (asked("g-poison")) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        usleep(30000);
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");

    } else {
        say(fd, ok_head);
        say(fd, "Set-Cookie: evil=1\r\n"
                "Access-Control-Allow-Origin: *\r\n"
                "Access-Control-Allow-Credentials: true\r\n"
                "Content-Security-Policy: default-src *\r\n"
                "X-Content-Type-Options: none\r\n"
                "X-Sandbox-Agent: refused\r\n"
                "Content-Length: 2\r\n\r\nok");
    }
}


static void
serve(int fd)
{
    char     buf[262144], *end, line[4096];
    size_t   len;
    ssize_t  n;

    len = 0;

    for ( ;; ) {
        n = recv(fd, buf + len, sizeof(buf) - 1 - len, 0);
        if (n <= 0) {
            _exit(0);
        }

        record("http", buf + len, n);
        len += n;
        buf[len] = '\0';

        while ((end = strstr(buf, "\r\n\r\n")) != NULL) {
            snprintf(line, sizeof(line), "%.*s",
                     (int) strcspn(buf, "\r"), buf);
            len -= end + 4 - buf;
            memmove(buf, end + 4, len + 1);
            answer(fd, line);
        }

        if (len == sizeof(buf) - 1) {
            len = 0;
        }
    }
}


int
main(int argc, char **argv)
{
    int            s, i, fd;
    struct pollfd  fds[MAX_SOCKETS];
    static char    reply[70000];

    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    umask(0);

    mode = getenv("HOSTILE");

    s = boot_connect(argc > 1 ? argv[1] : "/run/sandbox");

    if (mode_is("boot-leave")) {
        return 1;
    }

    if (mode_is("boot-early")) {
        say(s, "{\"v\":1,\"build\":\"early\",\"started_ms\":0}");
    }

    while (!boot_packet(s)) { /* void */ }

    if (mode_is("boot-silent")) {
        pause();

    } else if (mode_is("boot-garbage")) {
        say(s, "]}garbage");
        pause();

    } else if (mode_is("boot-types")) {
        say(s, "{\"v\":\"1\",\"build\":{},\"started_ms\":-1}");
        pause();

    } else if (mode_is("boot-huge")) {
        memset(reply, '[', sizeof(reply));
        (void) send(s, reply, sizeof(reply), MSG_NOSIGNAL);
        pause();

    } else if (mode_is("boot-flood")) {
        flood_packets(s, "{\"v\":2}", 7);
        pause();

    } else {
        say(s, "{\"v\":1,\"build\":\"hostile\",\"started_ms\":1}");
    }

    close(s);

    for (i = 0; i < nsockets; i++) {
        fds[i].fd = sockets[i].fd;
        fds[i].events = POLLIN;
        (void) fcntl(fds[i].fd, F_SETFL,
                     fcntl(fds[i].fd, F_GETFL) | O_NONBLOCK);
    }

    for ( ;; ) {
        if (poll(fds, nsockets, -1) == -1 && errno != EINTR) {
            return 1;
        }

        for (i = 0; i < nsockets; i++) {
            if (fds[i].revents == 0) {
                continue;
            }

            fd = accept(sockets[i].fd, NULL, NULL);
            if (fd == -1) {
                continue;
            }

            if (fork() == 0) {
                (void) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);

                if (strcmp(sockets[i].name, "control") == 0) {
                    control(fd);
                }

                serve(fd);
            }

            close(fd);
        }
    }
}
