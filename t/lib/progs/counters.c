
/*
 * Copyright (C) the ngx_sandbox authors
 */


/*
 * A tenant's program that is root in a sandbox and reaches for what the
 * kernel counts for the whole host.
 *
 *     counters ids UID GID       every way to take an id
 *     counters calls             calls that are refused whatever the user
 *     counters inflight UID N    descriptors in flight on UID's account
 *     counters async             signals to PID 1 that have no sender
 *     counters queue             signals to PID 1 that lose their sender
 *     counters queues            a POSIX message queue
 *     counters open N            open files, until there are N
 *
 * A line each: "<what> <0 or errno's name>", or "<what> <number>".
 */


#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>


#define FDS      250
#define SIGNALS  1000


static void
tell(const char *what, long rc)
{
    printf("%s %s\n", what, rc < 0 ? strerrorname_np(errno) : "0");
    fflush(stdout);
}


/* in a process of its own, which nothing that it became outlives */

static void
apart(const char *what, long nr, long a, long b, long c)
{
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        tell(what, syscall(nr, a, b, c));
        _exit(0);
    }

    waitpid(pid, NULL, 0);
}


/* the 32-bit entry, which 64-bit programs can use too */

static void
apart32(const char *what, long nr, long a, long b, long c)
{
#if defined(__x86_64__)

    long   rc;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        __asm__ volatile ("int $0x80"
                          : "=a" (rc)
                          : "a" (nr), "b" (a), "c" (b), "d" (c)
                          : "memory", "r8", "r9", "r10", "r11");

        errno = -(int) rc;
        tell(what, (int) rc);
        _exit(0);
    }

    waitpid(pid, NULL, 0);

#endif
}


static void
ids(long uid, long gid)
{
    long  high;

    high = (long) 0x1234567800000000;

    apart("setuid", SYS_setuid, uid, 0, 0);
    apart("setreuid-real", SYS_setreuid, uid, -1, 0);
    apart("setreuid", SYS_setreuid, -1, uid, 0);
    apart("setresuid-real", SYS_setresuid, uid, -1, -1);
    apart("setresuid", SYS_setresuid, -1, uid, -1);
    apart("setresuid-saved", SYS_setresuid, -1, -1, uid);
    apart("setresuid-high", SYS_setresuid, high | uid, 0, 0);
    apart("setfsuid", SYS_setfsuid, uid, 0, 0);

    apart("setgid", SYS_setgid, gid, 0, 0);
    apart("setregid-real", SYS_setregid, gid, -1, 0);
    apart("setregid", SYS_setregid, -1, gid, 0);
    apart("setresgid-real", SYS_setresgid, gid, -1, -1);
    apart("setresgid", SYS_setresgid, -1, gid, -1);
    apart("setresgid-saved", SYS_setresgid, -1, -1, gid);
    apart("setresgid-high", SYS_setresgid, high | gid, 0, 0);
    apart("setfsgid", SYS_setfsgid, gid, 0, 0);

    apart32("32-setuid", 213, uid, 0, 0);
    apart32("32-setreuid", 203, uid, -1, 0);
    apart32("32-setresuid", 208, uid, -1, -1);
    apart32("32-setgid", 214, gid, 0, 0);
    apart32("32-setregid", 204, gid, -1, 0);
    apart32("32-setresgid", 210, gid, -1, -1);

    if (uid <= 0xffff) {
        apart32("16-setuid", 23, 0x70000 | uid, 0, 0);
        apart32("16-setreuid", 70, 0x70000 | uid, -1, 0);
        apart32("16-setresuid", 164, 0x70000 | uid, -1, -1);
    }
}


/* a thread that nobody waits for would be one too many */

static void
calls(void)
{
    long       rc, flags;

#if defined(__x86_64__)
    uint32_t  *args;
#endif

    flags = CLONE_NEWUSER|SIGCHLD;

    apart("unshare-user", SYS_unshare, CLONE_NEWUSER, 0, 0);

    rc = syscall(SYS_clone, flags, 0, 0, 0, 0);

    if (rc == 0) {
        _exit(0);
    }

    tell("clone-user", rc);

    apart("clone3", SYS_clone3, 0, 0, 0);
    apart("vsock", SYS_socket, 40, SOCK_STREAM, 0);
    apart("alg", SYS_socket, 38, SOCK_SEQPACKET, 0);
    apart("io-uring", SYS_io_uring_setup, 1, 0, 0);
    apart("unix", SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    apart("inet", SYS_socket, AF_INET, SOCK_STREAM, 0);

#if defined(__x86_64__)

    apart("x32", 0x40000000 | SYS_getpid, 0, 0, 0);
    apart32("32-getpid", 20, 0, 0, 0);
    apart32("32-unshare-user", 310, CLONE_NEWUSER, 0, 0);
    apart32("32-vsock", 359, 40, SOCK_STREAM, 0);
    apart32("32-io-uring", 425, 1, 0, 0);

    /* where the 32-bit entry can reach them */

    args = mmap(NULL, 4096, PROT_READ|PROT_WRITE,
                MAP_PRIVATE|MAP_ANONYMOUS|MAP_32BIT, -1, 0);

    if (args != MAP_FAILED) {
        args[0] = 40;
        args[1] = SOCK_STREAM;
        args[2] = 0;
        apart32("32-socketcall-vsock", 102, 1, (long) args, 0);
    }

#endif
}


/* messages that nobody receives, until the kernel refuses one or n are sent */

static void
inflight(long uid, long n)
{
    int              i, ends[2], fds[FDS];
    char             control[CMSG_SPACE(sizeof(fds))];
    long             sent;
    struct iovec     iov;
    struct msghdr    msg;
    struct cmsghdr  *cmsg;

    tell("setresuid", syscall(SYS_setresuid, uid, 0, 0));

    memset(&msg, 0, sizeof(msg));
    memset(control, 0, sizeof(control));

    iov.iov_base = (char *) "x";
    iov.iov_len = 1;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = control;
    msg.msg_controllen = sizeof(control);

    cmsg = CMSG_FIRSTHDR(&msg);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof(fds));

    for (i = 0; i < FDS; i++) {
        fds[i] = STDIN_FILENO;
    }

    memcpy(CMSG_DATA(cmsg), fds, sizeof(fds));

    for (sent = 0; sent < n; /* void */) {

        if (socketpair(AF_UNIX, SOCK_DGRAM|SOCK_NONBLOCK, 0, ends) == -1) {
            break;
        }

        while (sent < n && sendmsg(ends[0], &msg, MSG_NOSIGNAL) != -1) {
            sent += FDS;
        }

        if (sent < n && errno != EAGAIN) {
            break;
        }
    }

    printf("in-flight %ld\n", sent);
    fflush(stdout);

    for ( ;; ) {
        pause();
    }
}


/* descriptors' signals to PID 1: the reason takes the sender's place */

static void
async(void)
{
    int  fds[2], sig, sent;

    for (sig = 1, sent = 0; sig <= SIGRTMAX; sig++) {

        if (pipe2(fds, O_NONBLOCK) == 0
            && fcntl(fds[0], F_SETOWN, 1) == 0
            && fcntl(fds[0], F_SETSIG, sig) == 0
            && fcntl(fds[0], F_SETFL, O_ASYNC|O_NONBLOCK) == 0
            && write(fds[1], "x", 1) == 1)
        {
            sent++;
        }
    }

    printf("sent %d\n", sent);
    fflush(stdout);

    usleep(200000);
    tell("done", 0);
}


/* signals to PID 1 when there is no room left for who sent them */

static void
queue(void)
{
    int            n, sig;
    sigset_t       set;
    union sigval   value;

    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);

    value.sival_int = 0;

    /* the host's root shares these: no more than a test's own small limit */

    for (n = 0; n < SIGNALS; n++) {

        if (sigqueue(1, SIGRTMIN + 7, value) == -1) {
            break;
        }
    }

    for (n = 0; n < SIGNALS; n++) {

        if (sigqueue(getpid(), SIGRTMIN + 7, value) == -1) {
            break;
        }
    }

    printf("queued %d\n", n);
    fflush(stdout);

    for (sig = 1; sig <= SIGRTMAX; sig++) {

        if (sig == SIGKILL || sig == SIGSTOP) {
            continue;
        }

        (void) kill(1, sig);
        (void) syscall(SYS_tgkill, 1, 1, sig);
        (void) sigqueue(1, sig, value);
    }

    usleep(200000);
    tell("done", 0);
}


static void
queues(void)
{
    tell("mq-open", mq_open("/counters", O_CREAT|O_RDWR, 0600, NULL));
}


/* files and their descriptors, as many as the limits of one process allow */

static void
open_files(long n)
{
    long           i;
    struct rlimit  rl;

    if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
        rl.rlim_cur = rl.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &rl);
    }

    for (i = 0; i < n && open("/dev/null", O_RDONLY) != -1; i++) { /* void */ }

    printf("open %ld\n", i);
}


int
main(int argc, char **argv)
{
    const char  *what;

    what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "ids") == 0 && argc == 4) {
        ids(atol(argv[2]), atol(argv[3]));

    } else if (strcmp(what, "calls") == 0) {
        calls();

    } else if (strcmp(what, "inflight") == 0 && argc == 4) {
        inflight(atol(argv[2]), atol(argv[3]));

    } else if (strcmp(what, "async") == 0) {
        async();

    } else if (strcmp(what, "queue") == 0) {
        queue();

    } else if (strcmp(what, "queues") == 0) {
        queues();

    } else if (strcmp(what, "open") == 0 && argc == 3) {
        open_files(atol(argv[2]));

    } else {
        return 2;
    }

    return 0;
}
