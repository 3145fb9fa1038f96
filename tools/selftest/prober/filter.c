
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/io_uring.h>

#include "prober/filter.h"
#include "prober/verdict.h"


/* families that no network namespace contains; old libraries lack the names */
#define SELFTEST_FILTER_ALG    38
#define SELFTEST_FILTER_VSOCK  40

/* an id that this user namespace does not map */
#define SELFTEST_FILTER_NOBODY  65534

/* images use ids below this */
#define SELFTEST_FILTER_SYSTEM  65536


typedef struct {
    const char  *name;
    long         nr;
    long         args[3];
    int          entry32;              /* by the 32-bit entry of x86_64 */
} selftest_call_t;


static int selftest_filter_succeeds(const selftest_call_t *call);
static long selftest_filter_call(const selftest_call_t *call);
static void selftest_filter_ids(const char *what, long id, const long *calls);


/* setuid, setreuid, setresuid, setfsuid; likewise for groups */

static const long  selftest_filter_uids[] = {
    SYS_setuid, SYS_setreuid, SYS_setresuid, SYS_setfsuid
};

static const long  selftest_filter_gids[] = {
    SYS_setgid, SYS_setregid, SYS_setresgid, SYS_setfsgid
};


void
selftest_filter_worker(const selftest_facts_t *facts)
{
    struct stat  st;

    (void) facts;

    if (stat("/run/sandbox/agent.sock", &st) == -1) {
        selftest_verdict_fail("/run/sandbox/agent.sock is missing");
        return;
    }

    if (st.st_uid == SELFTEST_FILTER_NOBODY) {
        selftest_verdict_note("the workers' uid does not exist here");
        return;
    }

    if (st.st_uid == 0) {
        selftest_verdict_low("root in the sandbox has the uid of the workers");
        return;
    }

    selftest_filter_ids("the uid of the workers", st.st_uid,
                        selftest_filter_uids);

    if (st.st_gid >= SELFTEST_FILTER_SYSTEM) {
        selftest_filter_ids("the gid of the workers", st.st_gid,
                            selftest_filter_gids);
    }

    selftest_verdict_note("uid %u is refused", (unsigned) st.st_uid);
}


/*
 * As the real, effective and saved id.  setfsuid() fails without -1: it returns
 * the id from before, so that it is asked for twice.
 */

static void
selftest_filter_ids(const char *what, long id, const long *calls)
{
    int              i, arg, taken;
    selftest_call_t  call;

    taken = 0;

    for (i = 0; i < 3; i++) {

        for (arg = 0; arg < i + 1; arg++) {
            memset(&call, 0, sizeof(selftest_call_t));

            call.nr = calls[i];
            call.args[0] = -1;
            call.args[1] = -1;
            call.args[2] = -1;
            call.args[arg] = id;

            taken += selftest_filter_succeeds(&call);

            /* the kernel ignores the upper half of an id */

            call.args[arg] = (long) (0x1234567800000000UL | (uint64_t) id);
            taken += selftest_filter_succeeds(&call);
        }
    }

#if defined(__x86_64__)

    /* setuid32() to setresuid32(), setgid32() to setresgid32() */

    for (i = 0; i < 3; i++) {
        static const long  uids32[] = { 213, 203, 208 };
        static const long  gids32[] = { 214, 204, 210 };

        memset(&call, 0, sizeof(selftest_call_t));

        call.entry32 = 1;
        call.nr = calls == selftest_filter_uids ? uids32[i] : gids32[i];
        call.args[0] = id;
        call.args[1] = -1;
        call.args[2] = -1;

        taken += selftest_filter_succeeds(&call);
    }

#endif

    (void) syscall(calls[3], id);

    if (syscall(calls[3], -1) == id && (long) geteuid() != id
        && (long) getegid() != id)
    {
        taken++;
    }

    if (taken) {
        selftest_verdict_fail("%s can be taken", what);
    }
}


void
selftest_filter_namespaces(const selftest_facts_t *facts)
{
    pid_t  pid;

    static const selftest_call_t  unshare_user = {
        "unshare", SYS_unshare, { CLONE_NEWUSER, 0, 0 }, 0
    };
    static const selftest_call_t  clone3 = {
        "clone3", SYS_clone3, { 0, 0, 0 }, 0
    };

    (void) facts;

    if (selftest_filter_succeeds(&unshare_user)) {
        selftest_verdict_fail("unshare() makes a user namespace");
    }

    pid = (pid_t) syscall(SYS_clone, CLONE_NEWUSER|SIGCHLD, 0, 0, 0, 0);

    if (pid == 0) {
        _exit(0);
    }

    if (pid > 0) {
        (void) waitpid(pid, NULL, 0);
        selftest_verdict_fail("clone() makes a user namespace");
    }

    /* without arguments it is EINVAL, or the filter's ENOSYS */

    if (selftest_filter_call(&clone3) == -1 && errno != ENOSYS) {
        selftest_verdict_fail("clone3() is there, whose flags no filter can "
                              "read");
    }

#if defined(__x86_64__)
    {
        static const selftest_call_t  unshare32 = {
            "unshare", 310, { CLONE_NEWUSER, 0, 0 }, 1
        };

        if (selftest_filter_succeeds(&unshare32)) {
            selftest_verdict_fail("the 32-bit unshare() makes a user "
                                  "namespace");
        }
    }
#endif
}


void
selftest_filter_io_uring(const selftest_facts_t *facts)
{
    int                     fd;
    struct io_uring_params  params;

    (void) facts;

    memset(&params, 0, sizeof(struct io_uring_params));

    fd = (int) syscall(SYS_io_uring_setup, 1, &params);

    (void) selftest_verdict_refused("io_uring_setup()", fd);
}


void
selftest_filter_families(const selftest_facts_t *facts)
{
    (void) facts;

    (void) selftest_verdict_refused("a socket of AF_VSOCK",
                                    socket(SELFTEST_FILTER_VSOCK, SOCK_STREAM,
                                           0));
    (void) selftest_verdict_refused("a socket of AF_ALG",
                                    socket(SELFTEST_FILTER_ALG, SOCK_SEQPACKET,
                                           0));

#if defined(__x86_64__)
    {
        static const selftest_call_t  vsock32 = {
            "socket", 359, { SELFTEST_FILTER_VSOCK, SOCK_STREAM, 0 }, 1
        };

        if (selftest_filter_succeeds(&vsock32)) {
            selftest_verdict_fail("the 32-bit socket() makes one of AF_VSOCK");
        }
    }
#endif
}


/* where an argument of a call is a pointer, no filter can read it */

void
selftest_filter_abis(const selftest_facts_t *facts)
{
    (void) facts;

#if defined(__x86_64__)
    {
        uint32_t         *args;
        selftest_call_t   call;

        memset(&call, 0, sizeof(selftest_call_t));

        call.nr = 0x40000000 | SYS_getpid;

        if (selftest_filter_succeeds(&call)) {
            selftest_verdict_fail("system calls of the x32 ABI are possible");
        }

        args = mmap(NULL, 4096, PROT_READ|PROT_WRITE,
                    MAP_PRIVATE|MAP_ANONYMOUS|MAP_32BIT, -1, 0);

        if (args == MAP_FAILED) {
            return;
        }

        args[0] = AF_UNIX;
        args[1] = SOCK_STREAM;
        args[2] = 0;

        memset(&call, 0, sizeof(selftest_call_t));

        call.entry32 = 1;
        call.nr = 102;
        call.args[0] = 1;
        call.args[1] = (long) args;

        if (selftest_filter_succeeds(&call)) {
            selftest_verdict_fail("socketcall() makes a socket");
        }
    }
#else
    selftest_verdict_none("this architecture has no such calls");
#endif
}


/* in a process of its own, which the call may change, or which it may kill */

static int
selftest_filter_succeeds(const selftest_call_t *call)
{
    int    status;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        _exit(selftest_filter_call(call) == -1 ? 1 : 0);
    }

    return pid != -1 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)
           && WEXITSTATUS(status) == 0;
}


/* -1 on any error, with errno */

static long
selftest_filter_call(const selftest_call_t *call)
{
    long  rc;

#if defined(__x86_64__)

    if (call->entry32) {
        __asm__ volatile ("int $0x80"
                          : "=a" (rc)
                          : "a" (call->nr), "b" (call->args[0]),
                            "c" (call->args[1]), "d" (call->args[2])
                          : "memory", "r8", "r9", "r10", "r11");

        rc = (int) rc;

        if (rc < 0) {
            errno = (int) -rc;
            return -1;
        }

        return rc;
    }

#endif

    rc = syscall(call->nr, call->args[0], call->args[1], call->args[2]);

    return rc < 0 ? -1 : rc;
}
