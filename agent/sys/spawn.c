
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/child.h"
#include "sys/spawn.h"
#include "sys/user.h"


#define AGENT_SPAWN_OOM       "500"


/* shared by the child and the suspended parent */

typedef struct {
    volatile int     stage;
    volatile int     err;
    volatile size_t  program;
} agent_spawn_result_t;


static void agent_spawn_run(agent_spawn_t *s, agent_spawn_result_t *res)
    __attribute__((noreturn, noinline));
static int agent_spawn_descriptors(agent_spawn_t *s);
static int agent_spawn_identity(const agent_user_t *user);
static int agent_spawn_search(agent_spawn_t *s, const char *program);
static int agent_spawn_exec(agent_spawn_t *s, const char *file);


static struct rlimit   agent_spawn_nofile;
static int             agent_spawn_nofile_set;
static struct rlimit   agent_spawn_sigpending;
static int             agent_spawn_sigpending_set;


void
agent_spawn_init(void)
{
    struct rlimit  rl;

    /* the agent needs two descriptors for each relayed connection */

    if (getrlimit(RLIMIT_NOFILE, &agent_spawn_nofile) == 0) {
        rl = agent_spawn_nofile;
        rl.rlim_cur = rl.rlim_max;

        if (rl.rlim_cur > agent_spawn_nofile.rlim_cur
            && setrlimit(RLIMIT_NOFILE, &rl) == 0)
        {
            agent_spawn_nofile_set = 1;
        }
    }

    /*
     * The kernel counts bytes in message queues for each user of the host.  To
     * set a limit at create would make Podman ignore its own default limits.
     */

    rl.rlim_cur = 0;
    rl.rlim_max = 0;

    (void) setrlimit(RLIMIT_MSGQUEUE, &rl);

    /*
     * The kernel drops the sender of a signal if the receiver's user has too
     * many pending signals.  Commands get half of our limit, so that they
     * cannot exhaust it.
     */

    if (getrlimit(RLIMIT_SIGPENDING, &rl) == 0 && rl.rlim_cur != RLIM_INFINITY)
    {
        agent_spawn_sigpending.rlim_cur = rl.rlim_cur / 2;
        agent_spawn_sigpending.rlim_max = rl.rlim_cur / 2;
        agent_spawn_sigpending_set = 1;
    }
}


void
agent_spawn_limit_files(uint64_t n)
{
    struct rlimit  rl;

    if (getrlimit(RLIMIT_NOFILE, &rl) == -1) {
        return;
    }

    if (rl.rlim_max > n) {
        rl.rlim_max = n;
    }

    agent_spawn_nofile.rlim_cur = rl.rlim_max;
    agent_spawn_nofile.rlim_max = rl.rlim_max;
    agent_spawn_nofile_set = 1;
}


int
agent_spawn(agent_child_t *child, agent_spawn_t *s)
{
    int                    err;
    pid_t                  pid;
    agent_spawn_result_t   res;

    res.stage = AGENT_SPAWN_OK;
    res.err = 0;
    res.program = 0;

    /*
     * The child shares our memory until it executes the program, so that it
     * can report errors, and no page is copied however large the agent is.
     * None of our signal handlers runs in it, except those of crashes.
     */

    pid = vfork();

    if (pid == 0) {
        agent_spawn_run(s, &res);
    }

    if (pid == -1) {
        s->stage = AGENT_SPAWN_FORK;
        return errno;
    }

    if (res.err) {
        err = res.err;
        s->stage = res.stage;

        while (waitpid(pid, NULL, 0) == -1 && errno == EINTR) { /* void */ }

        return err;
    }

    s->program = res.program;
    s->stage = AGENT_SPAWN_OK;

    agent_child_add(child, pid);

    return 0;
}


/* in the child: only system calls, and no change of the parent's state */

static void
agent_spawn_run(agent_spawn_t *s, agent_spawn_result_t *res)
{
    int          fd, err, first;
    size_t       i;
    sigset_t     set;
    const char  *name;

    setsid();

    fd = open("/proc/self/oom_score_adj", O_WRONLY|O_CLOEXEC);

    if (fd != -1) {
        /* may be refused, which is not fatal */
        if (write(fd, AGENT_SPAWN_OOM, sizeof(AGENT_SPAWN_OOM) - 1) == -1) {
            err = errno;
        }

        close(fd);
    }

    if (agent_spawn_nofile_set) {
        setrlimit(RLIMIT_NOFILE, &agent_spawn_nofile);
    }

    if (agent_spawn_sigpending_set) {
        setrlimit(RLIMIT_SIGPENDING, &agent_spawn_sigpending);
    }

    res->stage = AGENT_SPAWN_SETUP;

    if (agent_spawn_descriptors(s) != 0
        || (s->tty && ioctl(STDIN_FILENO, TIOCSCTTY, 0) == -1)
        || agent_spawn_identity(s->user) != 0)
    {
        res->err = errno;
        _exit(127);
    }

    res->stage = AGENT_SPAWN_CWD;

    if (chdir(s->cwd) != 0) {
        res->err = errno;
        _exit(127);
    }

    umask(022);

    res->stage = AGENT_SPAWN_EXEC;

    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);

    first = 0;

    for (i = 0; s->programs[i]; i++) {
        res->program = i;

        if (s->rename) {
            name = strrchr(s->programs[i], '/');
            s->argv[0] = (char *) (name ? name + 1 : s->programs[i]);
        }

        err = agent_spawn_search(s, s->programs[i]);

        /*
         * keep the most informative error, which is not ENOENT of another
         * program
         */

        if (first == 0 || (first == ENOENT && err != ENOTDIR)) {
            first = err;
        }
    }

    res->err = first ? first : ENOENT;
    _exit(127);
}


static int
agent_spawn_descriptors(agent_spawn_t *s)
{
    int     in, out, err, first, ends[2], more[AGENT_SPAWN_MORE];
    size_t  i;

    in = s->in;

    if (in == -1) {
        in = open("/dev/null", O_RDONLY|O_CLOEXEC);

        if (in == -1) {

            /* a pipe without a writer is empty as well */

            if (pipe2(ends, O_CLOEXEC) == -1) {
                return -1;
            }

            in = ends[0];
            close(ends[1]);
        }
    }

    /* move descriptors out of the way, so that none overwrites another */

    first = 3 + (int) s->nmore;

    in = fcntl(in, F_DUPFD_CLOEXEC, first);
    out = fcntl(s->out, F_DUPFD_CLOEXEC, first);
    err = fcntl(s->err, F_DUPFD_CLOEXEC, first);

    for (i = 0; i < s->nmore; i++) {
        more[i] = fcntl(s->more[i], F_DUPFD_CLOEXEC, first);

        if (more[i] == -1) {
            return -1;
        }
    }

    if (in == -1 || out == -1 || err == -1
        || dup2(in, 0) == -1 || dup2(out, 1) == -1 || dup2(err, 2) == -1)
    {
        return -1;
    }

#ifdef SYS_close_range
    /* close descriptors that a library may have left open */
    (void) syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
#endif

    for (i = 0; i < s->nmore; i++) {
        if (dup2(more[i], 3 + (int) i) == -1) {
            return -1;
        }
    }

    return 0;
}


/* not setuid(): in the C library it applies to all threads of the agent */

static int
agent_spawn_identity(const agent_user_t *user)
{
    if (syscall(SYS_setgroups, user->ngroups, user->groups) == -1
        && errno != EPERM)
    {
        return -1;
    }

    if (syscall(SYS_setresgid, user->gid, user->gid, user->gid) == -1
        || syscall(SYS_setresuid, user->uid, user->uid, user->uid) == -1)
    {
        return -1;
    }

    return 0;
}


/* returns the error of a failed execution */

static int
agent_spawn_search(agent_spawn_t *s, const char *program)
{
    int          err, first;
    char         file[4096];
    size_t       len, n;
    const char  *p, *end;

    if (*program == '\0') {
        return ENOENT;
    }

    if (strchr(program, '/')) {
        return agent_spawn_exec(s, program);
    }

    len = strlen(program);
    first = ENOENT;

    for (p = s->path; /* void */ ; p = end + 1) {
        end = strchr(p, ':');
        n = end ? (size_t) (end - p) : strlen(p);

        if (n + len + 2 <= sizeof(file)) {

            /* an empty component is the current directory */

            memcpy(file, p, n);

            if (n) {
                file[n++] = '/';
            }

            memcpy(file + n, program, len + 1);

            err = agent_spawn_exec(s, file);

            if (err == EACCES) {
                first = EACCES;

            } else if (err != ENOENT && err != ENOTDIR && err != ELOOP
                       && err != ENAMETOOLONG)
            {
                return err;
            }
        }

        if (end == NULL) {
            return first;
        }
    }
}


static int
agent_spawn_exec(agent_spawn_t *s, const char *file)
{
    int     err;
    char  **argv;
    size_t  n;

    execve(file, s->argv, s->env);

    if (errno != ENOEXEC) {
        return errno;
    }

    /* POSIX: a script without "#!" is run by the shell */

    for (n = 0; s->argv[n]; n++) { /* void */ }

    if (n > 4096) {
        return E2BIG;
    }

    argv = __builtin_alloca((n + 2) * sizeof(char *));

    argv[0] = "/bin/sh";
    argv[1] = (char *) file;
    memcpy(argv + 2, s->argv + 1, n * sizeof(char *));

    execve(argv[0], argv, s->env);

    err = errno;

    return err == ENOENT ? ENOEXEC : err;
}
