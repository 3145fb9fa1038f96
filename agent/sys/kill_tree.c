
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/time.h"
#include "sys/child.h"
#include "sys/kill_tree.h"
#include "sys/procfs.h"


#define AGENT_KILL_TREE_TERM_STEP  20     /* ms between checks */
#define AGENT_KILL_TREE_SLOW_STEP  100    /* ms, during a grace period */
#define AGENT_KILL_TREE_KILL_STEP  5
#define AGENT_KILL_TREE_HUNT       10000  /* ms */

/* unit of times in /proc, the same on all architectures */
#define AGENT_KILL_TREE_HZ         100


typedef struct {
    pid_t     pid;
    uint64_t  start;
    char      in;
} agent_kill_tree_member_t;


/* of a listed process: not in the tree, in it, or signalled */

enum {
    AGENT_KILL_TREE_OUT = 0,
    AGENT_KILL_TREE_IN,
    AGENT_KILL_TREE_SIGNALLED
};


struct agent_kill_tree_s {
    pid_t                       leader;
    char                        marker[AGENT_CHILD_MARKER_SIZE];
    void                      (*done)(void *data, int left);
    void                       *data;

    /* of a command run by a shell */
    pid_t                       shell;   /* 0: the tree of a child */
    agent_kill_tree_moment_t    since;
    int                       (*busy)(void *data, int last);

    uint64_t                    began;
    uint64_t                    kill_at;
    int                         sig;     /* the signal before SIGKILL */
    uv_timer_t                  timer;

    agent_kill_tree_member_t   *members;  /* sorted by pid */
    size_t                      nmembers;

    unsigned                    reaped:1;
    unsigned                    killing:1;
    unsigned                    forced:1;
};


static void agent_kill_tree_start(agent_kill_tree_t *tree, const char *marker,
    int sig, unsigned grace_ms, void (*done)(void *data, int left),
    void *data);
static void agent_kill_tree_step(uv_timer_t *timer);
static int agent_kill_tree_later(agent_kill_tree_t *tree,
    agent_procfs_stat_t *p);
static void agent_kill_tree_closed(uv_handle_t *handle);
static ssize_t agent_kill_tree_deliver(agent_kill_tree_t *tree, int sig);
static int agent_kill_tree_marked(agent_kill_tree_t *tree,
    agent_procfs_stat_t *p);
static void agent_kill_tree_mark(agent_kill_tree_t *tree,
    agent_procfs_stat_t *list, size_t n);
static char agent_kill_tree_member(agent_kill_tree_t *tree, pid_t pid,
    uint64_t start);
static void agent_kill_tree_remember(agent_kill_tree_t *tree,
    agent_procfs_stat_t *list, size_t n);
static void agent_kill_tree_kill(agent_procfs_stat_t *p, int sig);


static size_t  agent_kill_trees;


agent_kill_tree_t *
agent_kill_tree(pid_t leader, const char *marker, int sig, unsigned grace_ms,
    void (*done)(void *data, int left), void *data)
{
    agent_kill_tree_t  *tree;

    tree = calloc(1, sizeof(agent_kill_tree_t));

    if (tree == NULL) {
        /* fall back to killing the process group */
        kill(-leader, SIGKILL);
        return NULL;
    }

    tree->leader = leader;

    agent_kill_tree_start(tree, marker, sig, grace_ms, done, data);

    return tree;
}


agent_kill_tree_t *
agent_kill_tree_command(pid_t shell, const char *marker,
    const agent_kill_tree_moment_t *since, int sig, unsigned grace_ms,
    int (*busy)(void *data, int last), void (*done)(void *data, int left),
    void *data)
{
    agent_kill_tree_t  *tree;

    tree = calloc(1, sizeof(agent_kill_tree_t));

    if (tree == NULL) {
        kill(-shell, SIGKILL);
        return NULL;
    }

    tree->shell = shell;
    tree->since = *since;
    tree->busy = busy;

    /* the process group is that of the shell */
    tree->leader = -1;
    tree->reaped = 1;

    agent_kill_tree_start(tree, marker, sig, grace_ms, done, data);

    return tree;
}


static void
agent_kill_tree_start(agent_kill_tree_t *tree, const char *marker, int sig,
    unsigned grace_ms, void (*done)(void *data, int left), void *data)
{
    tree->done = done;
    tree->data = data;
    tree->began = agent_time_ms();
    tree->kill_at = tree->began + grace_ms;
    tree->sig = sig;

    snprintf(tree->marker, sizeof(tree->marker), "%s", marker);

    uv_timer_init(agent_loop, &tree->timer);
    tree->timer.data = tree;

    agent_kill_trees++;

    (void) agent_kill_tree_deliver(tree, sig);

    /* never at once: the caller does not expect a callback yet */
    uv_timer_start(&tree->timer, agent_kill_tree_step,
                   AGENT_KILL_TREE_KILL_STEP, 0);
}


void
agent_kill_tree_moment(agent_kill_tree_moment_t *m)
{
    char             buf[64], *p;
    ssize_t          n;
    struct timespec  ts;

    static int  fd = -1;

    clock_gettime(CLOCK_BOOTTIME, &ts);

    m->clock = (uint64_t) ts.tv_sec * AGENT_KILL_TREE_HZ
               + ts.tv_nsec / (1000000000 / AGENT_KILL_TREE_HZ);
    m->last = 0;

    if (fd == -1) {
        fd = open("/proc/loadavg", O_RDONLY|O_CLOEXEC);
    }

    n = fd != -1 ? pread(fd, buf, sizeof(buf) - 1, 0) : -1;

    if (n > 0) {
        buf[n] = '\0';
        p = strrchr(buf, ' ');
        m->last = p ? atoi(p + 1) : 0;
    }
}


/* pids are assigned in order and not reused within a clock tick */

static int
agent_kill_tree_later(agent_kill_tree_t *tree, agent_procfs_stat_t *p)
{
    return p->start > tree->since.clock
           || (p->start == tree->since.clock && p->pid > tree->since.last);
}


void
agent_kill_tree_again(agent_kill_tree_t *tree, int sig, unsigned grace_ms)
{
    uint64_t  kill_at;

    kill_at = agent_time_ms() + grace_ms;

    if (kill_at < tree->kill_at) {
        tree->kill_at = kill_at;
    }

    tree->sig = sig;

    if (agent_kill_tree_deliver(tree, sig) > 0 && sig == SIGKILL) {
        tree->forced = 1;
    }

    uv_timer_start(&tree->timer, agent_kill_tree_step,
                   AGENT_KILL_TREE_KILL_STEP, 0);
}


void
agent_kill_tree_signal(pid_t leader, const char *marker, int sig)
{
    agent_kill_tree_t  tree;

    memset(&tree, 0, sizeof(agent_kill_tree_t));

    tree.leader = leader;
    snprintf(tree.marker, sizeof(tree.marker), "%s", marker);

    (void) agent_kill_tree_deliver(&tree, sig);

    free(tree.members);
}


int
agent_kill_tree_forced(agent_kill_tree_t *tree)
{
    return tree->forced;
}


void
agent_kill_tree_reaped(agent_kill_tree_t *tree)
{
    tree->reaped = 1;

    /* often nothing else is left: report it at once */

    uv_timer_start(&tree->timer, agent_kill_tree_step, 0, 0);
}


void
agent_kill_tree_detach(agent_kill_tree_t *tree)
{
    tree->done = NULL;
}


size_t
agent_kill_tree_active(void)
{
    return agent_kill_trees;
}


static void
agent_kill_tree_step(uv_timer_t *timer)
{
    int                 last, busy;
    ssize_t             left;
    uint64_t            now, overdue, step;
    agent_kill_tree_t  *tree;

    tree = timer->data;
    now = agent_time_ms();

    overdue = 0;

    if (now >= tree->kill_at) {
        overdue = now - tree->kill_at;
        tree->killing = 1;
    }

    /* check busy first, so that processes started until then are found */

    busy = tree->busy && tree->busy(tree->data,
                                    overdue >= AGENT_KILL_TREE_LIMIT);

    left = agent_kill_tree_deliver(tree, tree->killing ? SIGKILL : 0);

    if (left > 0 && tree->killing) {
        tree->forced = 1;
    }

    last = ((left == 0 && !busy) || overdue >= AGENT_KILL_TREE_HUNT);

    if (tree->done && (last || overdue >= AGENT_KILL_TREE_LIMIT)) {
        void  (*done)(void *, int) = tree->done;

        tree->done = NULL;

        /* later children of the shell belong to the next command */
        tree->busy = NULL;
        tree->since.clock = UINT64_MAX;

        done(tree->data, left != 0);
    }

    if (last) {
        uv_close((uv_handle_t *) timer, agent_kill_tree_closed);
        return;
    }

    if (tree->killing) {
        step = overdue >= AGENT_KILL_TREE_LIMIT ? AGENT_KILL_TREE_SLOW_STEP
                                           : AGENT_KILL_TREE_KILL_STEP;

    } else {
        step = now - tree->began >= AGENT_KILL_TREE_GRACE
               ? AGENT_KILL_TREE_SLOW_STEP : AGENT_KILL_TREE_TERM_STEP;

        if (step > tree->kill_at - now) {
            step = tree->kill_at - now;
        }
    }

    uv_timer_start(timer, agent_kill_tree_step, step, 0);
}


static void
agent_kill_tree_closed(uv_handle_t *handle)
{
    agent_kill_tree_t  *tree;

    tree = handle->data;
    agent_kill_trees--;

    free(tree->members);
    free(tree);
}


/* finds the tree and sends sig to it; the number of processes left, or -1 */

static ssize_t
agent_kill_tree_deliver(agent_kill_tree_t *tree, int sig)
{
    int                   each;
    size_t                i, n, left;
    agent_procfs_stat_t  *list;

    list = agent_procfs_list(&n);

    if (list == NULL) {

        if (sig == SIGKILL && !tree->reaped) {
            kill(-tree->leader, sig);
        }

        return -1;
    }

    agent_kill_tree_mark(tree, list, n);

    left = 0;

    for (i = 0; i < n; i++) {

        if (!list[i].in || list[i].state == 'Z' || list[i].state == 'X') {
            continue;
        }

        left++;
        each = sig;

        /*
         * A process forked after our scan missed the signal: send it now if
         * its parent has exited.  A child of a living parent may be part of
         * its clean-up.
         */

        if (each == 0 && list[i].in == AGENT_KILL_TREE_IN
            && list[i].ppid <= 1)
        {
            each = tree->sig;
        }

        if (each) {
            agent_kill_tree_kill(&list[i], each);
            list[i].in = AGENT_KILL_TREE_SIGNALLED;
        }
    }

    agent_kill_tree_remember(tree, list, n);

    free(list);

    return left;
}


/* 1 if it belongs to the command by its marker or its parent */

static int
agent_kill_tree_marked(agent_kill_tree_t *tree, agent_procfs_stat_t *p)
{
    char    value[AGENT_CHILD_MARKER_SIZE], *dot;
    size_t  len;

    value[0] = '\0';

    if (p->state != 'Z' && agent_procfs_marker(p->pid, value)) {
        len = strlen(tree->marker);

        if (strncmp(value, tree->marker, len) == 0
            && (value[len] == '\0' || value[len] == '.'))
        {
            return 1;
        }
    }

    if (tree->shell == 0 || !agent_kill_tree_later(tree, p)) {
        return 0;
    }

    if (p->ppid == tree->shell) {
        return 1;
    }

    /*
     * a forked process that has not called exec() has the shell's own marker
     */

    dot = strchr(tree->marker, '.');
    len = dot ? (size_t) (dot - tree->marker) : 0;

    return p->ppid == 1 && len && strncmp(value, tree->marker, len) == 0
           && value[len] == '\0';
}


static void
agent_kill_tree_mark(agent_kill_tree_t *tree, agent_procfs_stat_t *list,
    size_t n)
{
    int                   again;
    size_t                i;
    agent_procfs_stat_t  *p, *parent, key;

    for (i = 0; i < n; i++) {
        p = &list[i];

        if (p->pid == tree->shell) {
            continue;
        }

        p->in = agent_kill_tree_member(tree, p->pid, p->start);

        if (p->in) {
            continue;
        }

        if (!tree->reaped || tree->nmembers) {

            if ((p->pid == tree->leader && !tree->reaped)
                || p->pgrp == tree->leader || p->session == tree->leader)
            {
                p->in = AGENT_KILL_TREE_IN;
                continue;
            }
        }

        if (p->state != 'Z' || tree->shell) {
            p->in = agent_kill_tree_marked(tree, p) ? AGENT_KILL_TREE_IN
                                               : AGENT_KILL_TREE_OUT;
        }
    }

    /* and their descendants */

    do {
        again = 0;

        for (i = 0; i < n; i++) {

            if (list[i].in || list[i].ppid <= 1
                || list[i].pid == tree->shell)
            {
                continue;
            }

            key.pid = list[i].ppid;

            parent = bsearch(&key, list, n, sizeof(agent_procfs_stat_t),
                             agent_procfs_compare);

            if (parent && parent->in) {
                list[i].in = AGENT_KILL_TREE_IN;
                again = 1;
            }
        }

    } while (again);
}


static char
agent_kill_tree_member(agent_kill_tree_t *tree, pid_t pid, uint64_t start)
{
    size_t  lo, hi, mid;

    lo = 0;
    hi = tree->nmembers;

    while (lo < hi) {
        mid = (lo + hi) / 2;

        if (tree->members[mid].pid == pid) {
            return tree->members[mid].start == start
                   ? tree->members[mid].in : AGENT_KILL_TREE_OUT;
        }

        if (tree->members[mid].pid < pid) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return AGENT_KILL_TREE_OUT;
}


static void
agent_kill_tree_remember(agent_kill_tree_t *tree, agent_procfs_stat_t *list,
    size_t n)
{
    size_t                     i, m;
    agent_kill_tree_member_t  *members;

    for (i = 0, m = 0; i < n; i++) {
        m += (list[i].in != AGENT_KILL_TREE_OUT);
    }

    members = malloc((m ? m : 1) * sizeof(agent_kill_tree_member_t));

    if (members == NULL) {
        return;
    }

    for (i = 0, m = 0; i < n; i++) {

        if (list[i].in) {
            members[m].pid = list[i].pid;
            members[m].start = list[i].start;
            members[m++].in = list[i].in;
        }
    }

    free(tree->members);

    tree->members = members;
    tree->nmembers = m;
}


/* the pid may have been reused since the scan */

static void
agent_kill_tree_kill(agent_procfs_stat_t *p, int sig)
{
#if defined(SYS_pidfd_open) && defined(SYS_pidfd_send_signal)
    int                  fd;
    char                 name[16];
    agent_procfs_stat_t  now;

    fd = syscall(SYS_pidfd_open, p->pid, 0);

    if (fd != -1) {
        snprintf(name, sizeof(name), "/proc/%d", (int) p->pid);

        if (agent_procfs_stat(AT_FDCWD, name, &now) == 0
            && now.start == p->start
            && syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) == -1
            && (errno == ENOSYS || errno == EPERM))
        {
            kill(p->pid, sig);
        }

        close(fd);
        return;
    }

    if (errno == ESRCH) {
        return;
    }
#endif

    kill(p->pid, sig);
}
