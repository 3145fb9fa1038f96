
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <signal.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "main/signals.h"
#include "main/stop.h"
#include "sys/child.h"


#define AGENT_STOP_GRACE  1000   /* ms to shut down after an external signal */


static void agent_signals_read(uv_poll_t *poll, int status, int events);
static void agent_signals_reap(uv_timer_t *timer);


static uv_poll_t   agent_signals_poll;
static int         agent_signals_fd;
static uv_timer_t  agent_signals_reap_timer;


/* receive all signals by signalfd, which reports the sender */

/*
 * Commands inherit our dispositions.  The C library refuses to handle the two
 * signals that it uses itself, so the system call is used.
 */

void
agent_signals_default(void)
{
    int  sig;

    static const struct {
        void           *handler;
        unsigned long   flags;
        void           *restorer;
        uint64_t        mask;
    } action;

    for (sig = 1; sig <= 64; sig++) {
        (void) syscall(SYS_rt_sigaction, sig, &action, NULL, sizeof(uint64_t));
    }
}


int
agent_signals_block(void)
{
    int       i;
    sigset_t  set;

    for (i = 1; i < NSIG; i++) {
        signal(i, SIG_DFL);
    }

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);

    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGWINCH);

    /*
     * The kernel drops all other signals except those of crash.c, as we are
     * PID 1 and have no handlers for them.  If they were blocked, they would
     * be queued: an unlimited number of real-time signals could exhaust the
     * queue that records senders.
     */

    if (sigprocmask(SIG_SETMASK, &set, NULL) == -1) {
        return -1;
    }

    agent_signals_fd = signalfd(-1, &set, SFD_CLOEXEC|SFD_NONBLOCK);

    return agent_signals_fd == -1 ? -1 : 0;
}


int
agent_signals_start(void)
{
    int  rc;

    uv_timer_init(agent_loop, &agent_signals_reap_timer);

    rc = uv_poll_init(agent_loop, &agent_signals_poll, agent_signals_fd);

    if (rc == 0) {
        rc = uv_poll_start(&agent_signals_poll, UV_READABLE,
                           agent_signals_read);
    }

    return rc;
}


static void
agent_signals_read(uv_poll_t *poll, int status, int events)
{
    int                      i, n;
    ssize_t                  rc;
    struct signalfd_siginfo  info[16];

    rc = read(agent_signals_fd, info, sizeof(info));

    if (rc <= 0) {
        return;
    }

    n = rc / sizeof(struct signalfd_siginfo);

    for (i = 0; i < n; i++) {

        if (info[i].ssi_signo == SIGCHLD) {
            agent_signals_reap(NULL);
            continue;
        }

        /*
         * A sender within the container has a pid here, one outside has pid 0.
         * Signals that are not from kill() may have other data in its place.
         */

        if (info[i].ssi_code == SI_USER && info[i].ssi_pid == 0) {
            agent_log_info("exiting on signal %u", info[i].ssi_signo);
            agent_stop(AGENT_STOP_GRACE);
        }
    }
}


static void
agent_signals_reap(uv_timer_t *timer)
{
    if (agent_child_reap()) {
        uv_timer_start(&agent_signals_reap_timer, agent_signals_reap, 0, 0);
    }
}
