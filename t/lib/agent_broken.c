
/*
 * Copyright (C) the ngx_sandbox authors
 */


/*
 * Linked into an agent in which one thing does not work, which sandbox-selftest
 * must find: the linker calls these instead (--wrap).  AGENT_BROKEN is what.
 */


#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>


#define filter   1
#define trace    2
#define peer     3
#define limits   4
#define signals  5
#define user     6


int __real_agent_filter_install(uid_t uid, gid_t gid);
int __wrap_agent_filter_install(uid_t uid, gid_t gid);
int __real_agent_peer_outside(int fd);
int __wrap_agent_peer_outside(int fd);
int __real_agent_signals_block(void);
int __wrap_agent_signals_block(void);
int __real_agent_user_resolve(void *u, const char *text);
int __wrap_agent_user_resolve(void *u, const char *text);
int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __real_setrlimit(int resource, const struct rlimit *limit);
int __wrap_setrlimit(int resource, const struct rlimit *limit);


int
__wrap_agent_filter_install(uid_t uid, gid_t gid)
{
    return AGENT_BROKEN == filter ? 0 : __real_agent_filter_install(uid, gid);
}


int
__wrap_agent_peer_outside(int fd)
{
    return AGENT_BROKEN == peer ? 1 : __real_agent_peer_outside(fd);
}


int
__wrap_agent_user_resolve(void *u, const char *text)
{
    return __real_agent_user_resolve(u, AGENT_BROKEN == user ? "0" : text);
}


static void
leave(int sig)
{
    _exit(sig);
}


int
__wrap_agent_signals_block(void)
{
    int       rc;
    sigset_t  set;

    rc = __real_agent_signals_block();

    if (AGENT_BROKEN == signals) {
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        signal(SIGTERM, leave);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
    }

    return rc;
}


int
__wrap_prctl(int option, ...)
{
    va_list        args;
    unsigned long  a, b, c, d;

    va_start(args, option);
    a = va_arg(args, unsigned long);
    b = va_arg(args, unsigned long);
    c = va_arg(args, unsigned long);
    d = va_arg(args, unsigned long);
    va_end(args);

    if (AGENT_BROKEN == trace && option == PR_SET_DUMPABLE) {
        return 0;
    }

    return __real_prctl(option, a, b, c, d);
}


/* the agent's saved group keeps tenants from it, too */

long
__wrap_syscall(long number, ...)
{
    int      i;
    long     arg[6];
    va_list  args;

    va_start(args, number);

    for (i = 0; i < 6; i++) {
        arg[i] = va_arg(args, long);
    }

    va_end(args);

    if (AGENT_BROKEN == trace && number == SYS_setresgid) {
        return 0;
    }

    return __real_syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4],
                          arg[5]);
}


int
__wrap_setrlimit(int resource, const struct rlimit *limit)
{
    return AGENT_BROKEN == limits ? 0 : __real_setrlimit(resource, limit);
}
