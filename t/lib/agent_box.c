
/*
 * Copyright (C) the ngx_sandbox authors
 */


/*
 * Plays nginx's part for the tests of the agent: makes namespaces and a root
 * like a container's, starts the agent in them as PID 1, hands the sockets
 * over, and then does what its standard input says, a line at a time.  What
 * happens is printed, a line each.
 *
 *     agent_box <directory> <agent> <boot packet> [option ...] [port ...]
 *
 * Options: root=<directory> instead of a root made of the host's programs;
 * workdir=<path>; env=K=V; uid=<number>, gid=<number>: whom boot.sock is of;
 * nofile=<limit>; sigpending=<limit>; instances=<limit> and watches=<limit>:
 * of inotify, in a user namespace of its own; late=<ms> before boot.sock is
 * there; half: the first boot connection is dropped; split: a packet for each
 * descriptor;
 * bad=<name>: hand over something that is not a listening socket; fake:
 * bind boot.sock inside the agent's own PID namespace.
 */


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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent_box.h"


#define BOX_TETHERS  64


static int box_connect(const char *dir, const char *name, int type);
static void box_send(int fd, const char *text, int *fds, int n);
static void box_boot(box_t *box, int listener);
static void box_line(box_t *box, char *line, pid_t init);
static void box_packet(int fd);


static int  box_tethers[BOX_TETHERS];
static int  box_ntethers;


int
main(int argc, char **argv)
{
    int             i, boot, status, pipefd[2], n;
    char            line[70000], *end;
    size_t          len;
    pid_t           init;
    box_t           box;
    ssize_t         rc;
    struct pollfd   pfd[BOX_TETHERS + 1];

    if (argc < 4) {
        fprintf(stderr, "usage: agent_box <dir> <agent> <boot> ...\n");
        return 2;
    }

    memset(&box, 0, sizeof(box_t));

    box.dir = argv[1];
    box.agent = argv[2];
    box.boot = argv[3];
    box.env[box.nenv++] = "IMAGE_ENV=from image";

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);

    for (i = 4; i < argc; i++) {

        if (strncmp(argv[i], "root=", 5) == 0) {
            box.root = argv[i] + 5;

        } else if (strncmp(argv[i], "workdir=", 8) == 0) {
            box.workdir = argv[i] + 8;

        } else if (strncmp(argv[i], "env=", 4) == 0 && box.nenv < 62) {
            box.env[box.nenv++] = argv[i] + 4;

        } else if (strncmp(argv[i], "nofile=", 7) == 0) {
            box.nofile = atoi(argv[i] + 7);

        } else if (strncmp(argv[i], "sigpending=", 11) == 0) {
            box.sigpending = atoi(argv[i] + 11);

        } else if (strncmp(argv[i], "instances=", 10) == 0) {
            box.instances = argv[i] + 10;

        } else if (strncmp(argv[i], "watches=", 8) == 0) {
            box.watches = argv[i] + 8;

        } else if (strncmp(argv[i], "uid=", 4) == 0) {
            box.uid = atoi(argv[i] + 4);

        } else if (strncmp(argv[i], "gid=", 4) == 0) {
            box.gid = atoi(argv[i] + 4);

        } else if (strncmp(argv[i], "late=", 5) == 0) {
            box.late = atoi(argv[i] + 5);

        } else if (strcmp(argv[i], "half") == 0) {
            box.half = 1;

        } else if (strcmp(argv[i], "split") == 0) {
            box.split = 1;

        } else if (strcmp(argv[i], "fake") == 0) {
            box.fake = 1;

        } else if (strncmp(argv[i], "bad=", 4) == 0) {
            box.bad = argv[i] + 4;

        } else if (box.n < BOX_SOCKETS - 2) {
            box.names[box.n++] = argv[i];
        }
    }

    box.names[box.n++] = "agent";
    box.names[box.n++] = "control";

    if (pipe2(pipefd, O_CLOEXEC) == -1) {
        box_die("pipe2");
    }

    init = fork();

    if (init == -1) {
        box_die("fork");
    }

    if (init == 0) {
        box_child(&box, pipefd[1]);
    }

    close(pipefd[1]);

    /* the agent's pid, as this namespace sees it */

    if (read(pipefd[0], &init, sizeof(pid_t)) != sizeof(pid_t)) {
        fprintf(stderr, "agent_box: the agent was not started\n");
        return 1;
    }

    printf("pid %d\n", (int) init);

    if (!box.fake) {

        if (box.late) {
            usleep(box.late * 1000);
        }

        for (i = 0; i < box.n; i++) {

            if (box.bad && strcmp(box.bad, box.names[i]) == 0) {
                box.fds[i] = open("/dev/null", O_RDONLY|O_CLOEXEC);
                continue;
            }

            box.fds[i] = box_listen(box.dir, box.names[i],
                                    strcmp(box.names[i], "control") == 0
                                    ? SOCK_SEQPACKET : SOCK_STREAM);
        }

        boot = box_listen(box.dir, "boot", SOCK_SEQPACKET);

        /* the agent sees who listened last */

        if (setegid(box.gid) == -1 || seteuid(box.uid) == -1
            || listen(boot, 4096) == -1
            || seteuid(0) == -1 || setegid(0) == -1)
        {
            box_die("listen");
        }

        if (box.half) {
            /* a worker that dies in the middle */
            n = accept(boot, NULL, NULL);
            box_send(n, "{\"v\":1,\"sockets\":[],\"last\":false}", NULL, 0);
            close(n);
        }

        box_boot(&box, boot);

        for (i = 0; i < box.n; i++) {
            close(box.fds[i]);
        }

        close(boot);
        snprintf(line, sizeof(line), "%s/boot.sock", box.dir);
        unlink(line);
    }

    len = 0;

    for ( ;; ) {
        pfd[0].fd = STDIN_FILENO;
        pfd[0].events = POLLIN;

        for (i = 0; i < box_ntethers; i++) {
            pfd[i + 1].fd = box_tethers[i];
            pfd[i + 1].events = POLLIN;
        }

        n = poll(pfd, box_ntethers + 1, 10);

        for (i = 0; n > 0 && i < box_ntethers; i++) {

            if (pfd[i + 1].revents) {
                box_packet(i);
                break;
            }
        }

        /* the one that waits for the agent passes its status on */

        if (waitpid(-1, &status, WNOHANG) > 0) {

            /* what was sent before the end is still told */

            while (box_ntethers) {
                box_packet(box_ntethers - 1);
            }

            printf("exit %d\n", WIFEXITED(status) ? WEXITSTATUS(status)
                                              : 128 + WTERMSIG(status));
            return 0;
        }

        if (n > 0 && pfd[0].revents) {
            rc = read(STDIN_FILENO, line + len, sizeof(line) - 1 - len);

            if (rc <= 0) {
                kill(init, SIGKILL);
                return 0;
            }

            len += rc;
            line[len] = '\0';

            while ((end = strchr(line, '\n')) != NULL) {
                *end = '\0';
                box_line(&box, line, init);
                len -= end + 1 - line;
                memmove(line, end + 1, len + 1);
            }
        }
    }
}


int
box_listen(const char *dir, const char *name, int type)
{
    int                 fd;
    char                path[512];
    struct sockaddr_un  sun;

    fd = socket(AF_UNIX, type|SOCK_CLOEXEC, 0);

    memset(&sun, 0, sizeof(struct sockaddr_un));
    sun.sun_family = AF_UNIX;
    snprintf(sun.sun_path, sizeof(sun.sun_path), "%.80s/.tmp", dir);
    unlink(sun.sun_path);

    if (fd == -1 || bind(fd, (struct sockaddr *) &sun, sizeof(sun)) == -1
        || listen(fd, 4096) == -1 || chmod(sun.sun_path, 0666) == -1)
    {
        box_die("bind");
    }

    snprintf(path, sizeof(path), "%s/%s.sock", dir, name);

    if (rename(sun.sun_path, path) == -1) {
        box_die("rename");
    }

    return fd;
}


static int
box_connect(const char *dir, const char *name, int type)
{
    int                 fd;
    struct sockaddr_un  sun;

    fd = socket(AF_UNIX, type|SOCK_CLOEXEC, 0);

    memset(&sun, 0, sizeof(struct sockaddr_un));
    sun.sun_family = AF_UNIX;
    snprintf(sun.sun_path, sizeof(sun.sun_path), "%.70s/%.20s.sock", dir,
             name);

    if (connect(fd, (struct sockaddr *) &sun, sizeof(sun)) == -1) {
        close(fd);
        return -1;
    }

    return fd;
}


static void
box_send(int fd, const char *text, int *fds, int n)
{
    char             control[CMSG_SPACE(sizeof(int) * BOX_SOCKETS)];
    struct iovec     iov;
    struct msghdr    msg;
    struct cmsghdr  *cmsg;

    memset(&msg, 0, sizeof(struct msghdr));
    memset(control, 0, sizeof(control));

    iov.iov_base = (char *) text;
    iov.iov_len = strlen(text);
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;

    if (n) {
        msg.msg_control = control;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * n);
        cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof(int) * n);
        memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * n);
    }

    if (sendmsg(fd, &msg, MSG_NOSIGNAL) == -1) {
        printf("unsent %s\n", strerror(errno));
    }
}


/* the boot packet's object is left open, for us to end it */

static void
box_boot(box_t *box, int listener)
{
    int      fd, i, len;
    char     text[70000];
    ssize_t  n;

    fd = accept(listener, NULL, NULL);

    if (box->split) {
        snprintf(text, sizeof(text), "%s,\"sockets\":[],\"last\":false}",
                 box->boot);
        box_send(fd, text, NULL, 0);

        for (i = 0; i < box->n; i++) {
            snprintf(text, sizeof(text), "{\"sockets\":[\"%s\"],\"last\":%s}",
                     box->names[i], i == box->n - 1 ? "true" : "false");
            box_send(fd, text, &box->fds[i], 1);
        }

    } else {
        len = snprintf(text, sizeof(text), "%s,\"sockets\":[", box->boot);

        for (i = 0; i < box->n; i++) {
            len += snprintf(text + len, sizeof(text) - len, "%s\"%s\"",
                            i ? "," : "", box->names[i]);
        }

        snprintf(text + len, sizeof(text) - len, "],\"last\":true}");
        box_send(fd, text, box->fds, box->n);
    }

    n = recv(fd, text, sizeof(text) - 1, 0);

    if (n > 0) {
        text[n] = '\0';
        printf("booted %s\n", text);

    } else {
        printf("unbooted\n");
    }

    close(fd);
}


static void
box_line(box_t *box, char *line, pid_t init)
{
    int   fd, which;
    char  name[64], *rest;

    if (strcmp(line, "tether") == 0) {
        fd = box_connect(box->dir, "control", SOCK_SEQPACKET);

        if (fd == -1) {
            printf("refused %s\n", strerror(errno));
            return;
        }

        printf("tether %d\n", box_ntethers);
        box_tethers[box_ntethers++] = fd;

    } else if (sscanf(line, "send %d ", &which) == 1) {
        rest = strchr(line + 5, ' ');
        box_send(box_tethers[which], rest + 1, NULL, 0);

    } else if (sscanf(line, "sendfd %d %63s ", &which, name) == 2) {
        rest = strchr(strchr(line + 7, ' ') + 1, ' ');
        fd = strcmp(name, "null") == 0
             ? open("/dev/null", O_RDONLY|O_CLOEXEC)
             : box_listen(box->dir, name, SOCK_STREAM);
        box_send(box_tethers[which], rest + 1, &fd, 1);
        close(fd);

    } else if (sscanf(line, "signal %d", &which) == 1) {
        kill(init, which);

    } else {
        printf("what? %s\n", line);
    }
}


static void
box_packet(int i)
{
    char     text[70000];
    ssize_t  n;

    n = recv(box_tethers[i], text, sizeof(text) - 1, MSG_DONTWAIT);

    if (n > 0) {
        text[n] = '\0';
        printf("packet %d %s\n", i, text);
        return;
    }

    if (n == -1 && errno == EAGAIN) {
        printf("alive %d\n", i);

    } else {
        printf("closed %d\n", i);
    }

    close(box_tethers[i]);
    box_tethers[i] = box_tethers[--box_ntethers];
}


void
box_die(const char *what)
{
    fprintf(stderr, "agent_box: %s: %s\n", what, strerror(errno));
    _exit(1);
}
