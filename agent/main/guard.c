
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "main/guard.h"


#define AGENT_GUARD_INTERVAL   1000                  /* ms */

/* bytes of unread netlink messages: a quarter of the memory limit, within */
#define AGENT_GUARD_SHARE      4
#define AGENT_GUARD_MIN        (16 * 1024 * 1024)
#define AGENT_GUARD_MAX        (256 * 1024 * 1024)

#define AGENT_GUARD_TERMINALS  512

#define AGENT_GUARD_DEVPTS     "/dev/pts"


static void agent_guard_check(uv_timer_t *timer);
static void agent_guard_terminals(uv_poll_t *poll, int status, int events);
static void agent_guard_kill(void);
static int64_t agent_guard_sockets(void);
static int64_t agent_guard_netlink(void);
static int64_t agent_guard_buffer(void);


static uv_timer_t  agent_guard_timer;
static uv_poll_t   agent_guard_poll;
static int         agent_guard_fd = -1;
static int64_t     agent_guard_max;        /* bytes of unread messages */
static int64_t     agent_guard_few;        /* sockets that cannot hold them */


int
agent_guard_start(int64_t memory)
{
    int  rc;

    agent_guard_max = memory == -1 ? AGENT_GUARD_MAX
                                   : memory / AGENT_GUARD_SHARE;

    if (agent_guard_max < AGENT_GUARD_MIN) {
        agent_guard_max = AGENT_GUARD_MIN;
    }

    if (agent_guard_max > AGENT_GUARD_MAX) {
        agent_guard_max = AGENT_GUARD_MAX;
    }

    /* the kernel doubles the size that a program sets */

    agent_guard_few = agent_guard_max / (2 * agent_guard_buffer());

    uv_timer_init(agent_loop, &agent_guard_timer);

    rc = uv_timer_start(&agent_guard_timer, agent_guard_check,
                        AGENT_GUARD_INTERVAL, AGENT_GUARD_INTERVAL);

    if (rc != 0) {
        return rc;
    }

    /*
     * A sandbox has its own file system of terminals.  Their number rises too
     * fast for a timer.
     */

    agent_guard_fd = inotify_init1(IN_CLOEXEC|IN_NONBLOCK);

    if (agent_guard_fd == -1
        || inotify_add_watch(agent_guard_fd, AGENT_GUARD_DEVPTS, IN_CREATE)
           == -1)
    {
        agent_log_warn("cannot count the terminals in %s: %s",
                       AGENT_GUARD_DEVPTS, strerror(errno));

        if (agent_guard_fd != -1) {
            close(agent_guard_fd);
            agent_guard_fd = -1;
        }

        return 0;
    }

    rc = uv_poll_init(agent_loop, &agent_guard_poll, agent_guard_fd);

    if (rc == 0) {
        rc = uv_poll_start(&agent_guard_poll, UV_READABLE,
                           agent_guard_terminals);
    }

    return rc;
}


static void
agent_guard_check(uv_timer_t *timer)
{
    int64_t  used;

    /* the kernel walks the sockets of the whole host to list those of one */

    if (agent_guard_sockets() <= agent_guard_few) {
        return;
    }

    used = agent_guard_netlink();

    if (used > agent_guard_max) {
        agent_log_error("killing all processes: %lld MB of unread netlink "
                        "messages, at most %lld MB are allowed",
                        (long long) (used / 1048576),
                        (long long) (agent_guard_max / 1048576));
        agent_guard_kill();
    }
}


static void
agent_guard_terminals(uv_poll_t *poll, int status, int events)
{
    int             n;
    DIR            *dir;
    char            buf[4096];
    struct dirent  *de;

    while (read(agent_guard_fd, buf, sizeof(buf)) > 0) { /* void */ }

    dir = opendir(AGENT_GUARD_DEVPTS);

    if (dir == NULL) {
        return;
    }

    n = 0;

    while ((de = readdir(dir))) {
        n += (de->d_name[0] >= '0' && de->d_name[0] <= '9');
    }

    closedir(dir);

    if (n > AGENT_GUARD_TERMINALS) {
        agent_log_error("killing all processes: %d terminals, at most %d are "
                        "allowed", n, AGENT_GUARD_TERMINALS);
        agent_guard_kill();
    }
}


/* all of them, as a descriptor may be open in several */

static void
agent_guard_kill(void)
{
    (void) kill(-1, SIGKILL);
}


/* the number of sockets in this network namespace; 0: not known */

static int64_t
agent_guard_sockets(void)
{
    FILE       *file;
    long long   n;

    file = fopen("/proc/net/sockstat", "re");

    if (file == NULL) {
        return 0;
    }

    if (fscanf(file, "sockets: used %lld", &n) != 1) {
        n = 0;
    }

    fclose(file);

    return n;
}


/* bytes of memory of all messages that wait in netlink sockets */

static int64_t
agent_guard_netlink(void)
{
    char                 line[256];
    FILE                *file;
    int64_t              sum;
    unsigned long long   n;

    file = fopen("/proc/net/netlink", "re");

    if (file == NULL) {
        return 0;
    }

    sum = 0;

    while (fgets(line, sizeof(line), file)) {

        /* the socket, its protocol, its port, its groups, its memory */

        if (sscanf(line, "%*s %*s %*s %*s %llu", &n) == 1) {
            sum += (int64_t) n;
        }
    }

    fclose(file);

    return sum;
}


/* the largest receive buffer that a program can ask for, in bytes */

static int64_t
agent_guard_buffer(void)
{
    FILE       *file;
    long long   n;

    n = 0;
    file = fopen("/proc/sys/net/core/rmem_max", "re");

    if (file) {

        if (fscanf(file, "%lld", &n) != 1) {
            n = 0;
        }

        fclose(file);
    }

    return n > 0 ? n : 212992;
}
