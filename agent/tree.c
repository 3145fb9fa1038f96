
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"
#include "child.h"
#include "tree.h"


#define AGENT_TREE_TERM_STEP  20       /* ms between two looks */
#define AGENT_TREE_SLOW_STEP  100      /* where patience is asked for */
#define AGENT_TREE_KILL_STEP  5
#define AGENT_TREE_HUNT       10000    /* ms */

/* as much of a foreign environment as is looked through */
#define AGENT_TREE_ENVIRON    (2 * 1024 * 1024)


typedef struct {
    pid_t     pid;
    pid_t     ppid;
    pid_t     pgrp;
    pid_t     session;
    uint64_t  start;
    char      state;
    char      in;
} agent_tree_process_t;


typedef struct {
    pid_t     pid;
    uint64_t  start;
} agent_tree_member_t;


struct agent_tree_s {
    pid_t                  leader;
    char                   marker[sizeof(AGENT_MARKER) + 33];
    void                 (*done)(void *data, int left);
    void                  *data;

    uint64_t               began;
    uint64_t               kill_at;
    uv_timer_t             timer;

    agent_tree_member_t   *members;      /* sorted by pid */
    size_t                 nmembers;

    unsigned               reaped:1;
    unsigned               killing:1;
};


static void agent_tree_set_marker(agent_tree_t *tree, const char *marker);
static void agent_tree_step(uv_timer_t *timer);
static void agent_tree_closed(uv_handle_t *handle);
static ssize_t agent_tree_signal(agent_tree_t *tree, int sig);
static agent_tree_process_t *agent_tree_list(size_t *n);
static int agent_tree_stat(int proc, const char *name,
    agent_tree_process_t *p);
static int agent_tree_marked(agent_tree_t *tree, pid_t pid);
static int agent_tree_find_marker(agent_tree_t *tree, int fd);
static void agent_tree_mark(agent_tree_t *tree, agent_tree_process_t *list,
    size_t n);
static int agent_tree_member(agent_tree_t *tree, pid_t pid, uint64_t start);
static void agent_tree_remember(agent_tree_t *tree,
    agent_tree_process_t *list, size_t n);
static void agent_tree_kill(agent_tree_process_t *p, int sig);
static int agent_tree_compare(const void *one, const void *two);


static size_t  agent_trees;


agent_tree_t *
agent_tree_end(pid_t leader, const char *marker, int sig, unsigned grace_ms,
    void (*done)(void *data, int left), void *data)
{
    agent_tree_t  *tree;

    tree = calloc(1, sizeof(agent_tree_t));

    if (tree == NULL) {
        /* the least that can be done */
        kill(-leader, SIGKILL);
        return NULL;
    }

    tree->leader = leader;
    tree->done = done;
    tree->data = data;
    tree->began = agent_monotonic_ms();
    tree->kill_at = tree->began + grace_ms;

    agent_tree_set_marker(tree, marker);

    uv_timer_init(agent_loop, &tree->timer);
    tree->timer.data = tree;

    agent_trees++;

    (void) agent_tree_signal(tree, sig);

    /* never at once: the caller is not ready for an answer */
    uv_timer_start(&tree->timer, agent_tree_step, AGENT_TREE_KILL_STEP, 0);

    return tree;
}


void
agent_tree_again(agent_tree_t *tree, int sig, unsigned grace_ms)
{
    uint64_t  kill_at;

    kill_at = agent_monotonic_ms() + grace_ms;

    if (kill_at < tree->kill_at) {
        tree->kill_at = kill_at;
    }

    (void) agent_tree_signal(tree, sig);

    uv_timer_start(&tree->timer, agent_tree_step, AGENT_TREE_KILL_STEP, 0);
}


void
agent_tree_send(pid_t leader, const char *marker, int sig)
{
    agent_tree_t  tree;

    memset(&tree, 0, sizeof(agent_tree_t));

    tree.leader = leader;
    agent_tree_set_marker(&tree, marker);

    (void) agent_tree_signal(&tree, sig);

    free(tree.members);
}


static void
agent_tree_set_marker(agent_tree_t *tree, const char *marker)
{
    snprintf(tree->marker, sizeof(tree->marker), AGENT_MARKER "=%s", marker);
}


void
agent_tree_reaped(agent_tree_t *tree)
{
    tree->reaped = 1;

    /* often nothing else is left: somebody waits to hear it */

    uv_timer_start(&tree->timer, agent_tree_step, 0, 0);
}


void
agent_tree_detach(agent_tree_t *tree)
{
    tree->done = NULL;
}


size_t
agent_tree_active(void)
{
    return agent_trees;
}


static void
agent_tree_step(uv_timer_t *timer)
{
    int            last;
    ssize_t        left;
    uint64_t       now, overdue, step;
    agent_tree_t  *tree;

    tree = timer->data;
    now = agent_monotonic_ms();

    overdue = 0;

    if (now >= tree->kill_at) {
        overdue = now - tree->kill_at;
        tree->killing = 1;
    }

    left = agent_tree_signal(tree, tree->killing ? SIGKILL : 0);

    last = (left == 0 || overdue >= AGENT_TREE_HUNT);

    if (tree->done && (last || overdue >= AGENT_TREE_LIMIT)) {
        void  (*done)(void *, int) = tree->done;

        tree->done = NULL;
        done(tree->data, left != 0);
    }

    if (last) {
        uv_close((uv_handle_t *) timer, agent_tree_closed);
        return;
    }

    if (tree->killing) {
        step = overdue >= AGENT_TREE_LIMIT ? AGENT_TREE_SLOW_STEP
                                           : AGENT_TREE_KILL_STEP;

    } else {
        step = now - tree->began >= AGENT_TREE_GRACE ? AGENT_TREE_SLOW_STEP
                                                     : AGENT_TREE_TERM_STEP;

        if (step > tree->kill_at - now) {
            step = tree->kill_at - now;
        }
    }

    uv_timer_start(timer, agent_tree_step, step, 0);
}


static void
agent_tree_closed(uv_handle_t *handle)
{
    agent_tree_t  *tree;

    tree = handle->data;
    agent_trees--;

    free(tree->members);
    free(tree);
}


/* looks for the tree and sends sig to it; how many are left, or -1 */

static ssize_t
agent_tree_signal(agent_tree_t *tree, int sig)
{
    size_t                 i, n, left;
    agent_tree_process_t  *list;

    list = agent_tree_list(&n);

    if (list == NULL) {

        if (sig == SIGKILL && !tree->reaped) {
            kill(-tree->leader, sig);
        }

        return -1;
    }

    agent_tree_mark(tree, list, n);
    agent_tree_remember(tree, list, n);

    left = 0;

    for (i = 0; i < n; i++) {

        if (!list[i].in || list[i].state == 'Z' || list[i].state == 'X') {
            continue;
        }

        left++;

        if (sig) {
            agent_tree_kill(&list[i], sig);
        }
    }

    free(list);

    return left;
}


/* all processes but the agent, sorted by pid */

static agent_tree_process_t *
agent_tree_list(size_t *count)
{
    DIR                   *dir;
    size_t                 n, size;
    struct dirent         *de;
    agent_tree_process_t  *list, *p;

    dir = opendir("/proc");

    if (dir == NULL) {
        return NULL;
    }

    n = 0;
    size = 64;
    list = malloc(size * sizeof(agent_tree_process_t));

    while (list && (de = readdir(dir))) {

        if (de->d_name[0] < '1' || de->d_name[0] > '9') {
            continue;
        }

        if (n == size) {
            size *= 2;
            p = realloc(list, size * sizeof(agent_tree_process_t));

            if (p == NULL) {
                free(list);
                list = NULL;
                break;
            }

            list = p;
        }

        if (agent_tree_stat(dirfd(dir), de->d_name, &list[n]) == 0
            && list[n].pid != getpid())
        {
            n++;
        }
    }

    closedir(dir);

    if (list) {
        qsort(list, n, sizeof(agent_tree_process_t), agent_tree_compare);
    }

    *count = n;

    return list;
}


static int
agent_tree_stat(int proc, const char *name, agent_tree_process_t *p)
{
    int       fd, pid, ppid, pgrp, session;
    char      path[32], buf[1024], *s;
    ssize_t   n;

    snprintf(path, sizeof(path), "%.16s/stat", name);

    fd = openat(proc, path, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        return -1;
    }

    n = read(fd, buf, sizeof(buf) - 1);
    close(fd);

    if (n <= 0) {
        return -1;
    }

    buf[n] = '\0';

    /* the name in parentheses is the process's own: it may hold anything */

    s = strrchr(buf, ')');

    if (s == NULL || sscanf(buf, "%d", &pid) != 1
        || sscanf(s + 1, " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u"
                  " %*d %*d %*d %*d %*d %*d %lu",
                  &p->state, &ppid, &pgrp, &session, &p->start) != 5)
    {
        return -1;
    }

    p->pid = pid;
    p->ppid = ppid;
    p->pgrp = pgrp;
    p->session = session;
    p->in = 0;

    return 0;
}


static int
agent_tree_marked(agent_tree_t *tree, pid_t pid)
{
    int          fd, found;
    char         path[64];
    struct stat  st;

    snprintf(path, sizeof(path), "/proc/%d/environ", (int) pid);

    fd = open(path, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {

        if (errno != EACCES && errno != EPERM) {
            return 0;
        }

        /*
         * Another user's.  Without the capability to trace, the kernel
         * shows it to its own user; the thread takes that user's place for
         * a moment.
         */

        snprintf(path, sizeof(path), "/proc/%d", (int) pid);

        if (stat(path, &st) == -1) {
            return 0;
        }

        strcat(path, "/environ");

        setfsgid(st.st_gid);
        setfsuid(st.st_uid);

        fd = open(path, O_RDONLY|O_CLOEXEC);

        setfsuid(0);
        setfsgid(0);

        if (fd == -1) {
            return 0;
        }
    }

    found = agent_tree_find_marker(tree, fd);

    close(fd);

    return found;
}


static int
agent_tree_find_marker(agent_tree_t *tree, int fd)
{
    char     buf[16384 + sizeof(tree->marker)], *p, *end;
    size_t   len, keep, total;
    ssize_t  n;

    /* a variable begins the environment, or follows a NUL */

    buf[0] = '\0';
    keep = 1;
    len = strlen(tree->marker);

    for (total = 0; total < AGENT_TREE_ENVIRON; total += n) {

        n = read(fd, buf + keep, 16384);

        if (n <= 0) {
            return 0;
        }

        end = buf + keep + n;

        for (p = buf; (p = memchr(p, '\0', end - p)) != NULL; p++) {

            if ((size_t) (end - p) > len
                && memcmp(p + 1, tree->marker, len) == 0
                && (p + 1 + len == end || p[1 + len] == '\0'))
            {
                return 1;
            }
        }

        keep = end - buf < (ssize_t) len + 1 ? (size_t) (end - buf)
                                             : len + 1;
        memmove(buf, end - keep, keep);
    }

    return 0;
}


static void
agent_tree_mark(agent_tree_t *tree, agent_tree_process_t *list, size_t n)
{
    int                    again;
    size_t                 i;
    agent_tree_process_t  *p, *parent, key;

    for (i = 0; i < n; i++) {
        p = &list[i];

        if (agent_tree_member(tree, p->pid, p->start)) {
            p->in = 1;
            continue;
        }

        if (!tree->reaped || tree->nmembers) {

            if ((p->pid == tree->leader && !tree->reaped)
                || p->pgrp == tree->leader || p->session == tree->leader)
            {
                p->in = 1;
                continue;
            }
        }

        if (p->state != 'Z') {
            p->in = agent_tree_marked(tree, p->pid);
        }
    }

    /* and what they have begotten */

    do {
        again = 0;

        for (i = 0; i < n; i++) {

            if (list[i].in || list[i].ppid <= 1) {
                continue;
            }

            key.pid = list[i].ppid;

            parent = bsearch(&key, list, n, sizeof(agent_tree_process_t),
                             agent_tree_compare);

            if (parent && parent->in) {
                list[i].in = 1;
                again = 1;
            }
        }

    } while (again);
}


static int
agent_tree_member(agent_tree_t *tree, pid_t pid, uint64_t start)
{
    size_t  lo, hi, mid;

    lo = 0;
    hi = tree->nmembers;

    while (lo < hi) {
        mid = (lo + hi) / 2;

        if (tree->members[mid].pid == pid) {
            return tree->members[mid].start == start;
        }

        if (tree->members[mid].pid < pid) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return 0;
}


static void
agent_tree_remember(agent_tree_t *tree, agent_tree_process_t *list, size_t n)
{
    size_t                i, m;
    agent_tree_member_t  *members;

    for (i = 0, m = 0; i < n; i++) {
        m += list[i].in;
    }

    members = malloc((m ? m : 1) * sizeof(agent_tree_member_t));

    if (members == NULL) {
        return;
    }

    for (i = 0, m = 0; i < n; i++) {

        if (list[i].in) {
            members[m].pid = list[i].pid;
            members[m++].start = list[i].start;
        }
    }

    free(tree->members);

    tree->members = members;
    tree->nmembers = m;
}


/* the number may have passed to another process since it was listed */

static void
agent_tree_kill(agent_tree_process_t *p, int sig)
{
#if defined(SYS_pidfd_open) && defined(SYS_pidfd_send_signal)
    int                   fd;
    char                  name[16];
    agent_tree_process_t  now;

    fd = syscall(SYS_pidfd_open, p->pid, 0);

    if (fd != -1) {
        snprintf(name, sizeof(name), "/proc/%d", (int) p->pid);

        if (agent_tree_stat(AT_FDCWD, name, &now) == 0
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


static int
agent_tree_compare(const void *one, const void *two)
{
    const agent_tree_process_t  *a = one, *b = two;

    return (a->pid > b->pid) - (a->pid < b->pid);
}
