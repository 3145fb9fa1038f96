
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "control/boot.h"
#include "control/control.h"
#include "http/connection.h"
#include "http/server.h"
#include "main/idle.h"
#include "net/relay.h"
#include "port/command.h"
#include "sys/spawn.h"
#include "sys/user.h"


/* any but that of a tenant's process */
#define AGENT_SAVED_GID   65534

#define AGENT_THREADS     "4"

#define AGENT_STOP_GRACE  1000         /* ms, after a signal from outside */
#define AGENT_STOP_STEP   10
#define AGENT_STOP_FLUSH  300          /* ms for what clients wait for */


static void agent_signals_default(void);
static int agent_signals_block(void);
static void agent_workspace_own(void);
static void agent_threads_start(void);
static void agent_threads_work(uv_work_t *work);
static void agent_signal(uv_poll_t *poll, int status, int events);
static void agent_reap_more(uv_timer_t *timer);
static void agent_shutdown_step(uv_timer_t *timer);
static void agent_end_timer(uv_timer_t *timer);
static void agent_leave(void);


uv_loop_t   *agent_loop;
const char  *agent_workdir;
uint64_t     agent_started;


static uv_loop_t   agent_the_loop;
static uv_poll_t   agent_signal_poll;
static int         agent_signal_fd;
static uv_timer_t  agent_reap_timer;
static uv_timer_t  agent_shutdown_timer;
static uv_timer_t  agent_kill_timer;
static uint64_t    agent_shutdown_at;
static int         agent_shutting;
static char        agent_workdir_buf[4096];


#if defined(__has_feature)
#if __has_feature(address_sanitizer)

/* a container is small, and nobody may trace us to look for leaks */

const char *__asan_default_options(void);


const char *
__asan_default_options(void)
{
    return "detect_leaks=0:quarantine_size_mb=8";
}

#endif
#endif


int
main(int argc, char **argv)
{
    int            fd, rc;
    size_t         i;
    agent_boot_t   boot;

    agent_started = agent_monotonic_ms();

    if (argc != 2) {
        agent_log("usage: %s <directory of the sockets>", argv[0]);
        return 2;
    }

    /* it ends whatever runs beside it: that must be its own namespace */

    if (getpid() != 1) {
        agent_log("the agent is to be the first process of a container");
        return 2;
    }

    /* who is root beside us can neither trace us nor read our memory */

    prctl(PR_SET_DUMPABLE, 0);

    /*
     * nor set our limits: for that all three group ids have to be the
     * caller's one, which they cannot be when they differ
     */

    if (syscall(SYS_setresgid, -1, -1, AGENT_SAVED_GID) == -1) {
        agent_log("setresgid() failed: %s", strerror(errno));
    }

    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    mallopt(M_TRIM_THRESHOLD, 128 * 1024);

    for (i = 0; i < 3; i++) {

        if (fcntl(i, F_GETFD) == -1) {
            fd = open("/dev/null", O_RDWR);

            if (fd != (int) i) {
                return 2;
            }
        }
    }

#ifdef SYS_close_range
    (void) syscall(SYS_close_range, 3U, ~0U, 0U);
#endif

    /* a log that nobody reads must not stop us */

    rc = fcntl(STDERR_FILENO, F_GETFL);
    fcntl(STDERR_FILENO, F_SETFL, rc|O_NONBLOCK);

    agent_signals_default();

    agent_signal_fd = agent_signals_block();

    if (agent_signal_fd == -1) {
        agent_log("signalfd: %s", strerror(errno));
        return 2;
    }

    agent_workdir = getcwd(agent_workdir_buf, sizeof(agent_workdir_buf));

    if (agent_workdir == NULL || agent_workdir[0] != '/') {
        agent_workdir = "/";
    }

    if (chdir("/") != 0) {
        agent_log("chdir(\"/\"): %s", strerror(errno));
    }

    umask(022);

    agent_child_init();

    if (agent_boot(&boot, argv[1]) != 0) {
        agent_log("nobody served %s/boot.sock", argv[1]);
        return 1;
    }

    if (agent_user_resolve(&agent_user, boot.user) != 0) {
        agent_log("no such user: \"%s\"", boot.user);
        return 1;
    }

    agent_workspace_make();
    agent_workspace_own();

    rc = uv_loop_init(&agent_the_loop);

    if (rc != 0) {
        goto failed;
    }

    agent_loop = &agent_the_loop;

    uv_timer_init(agent_loop, &agent_reap_timer);
    uv_timer_init(agent_loop, &agent_shutdown_timer);
    uv_timer_init(agent_loop, &agent_kill_timer);

    agent_idle_start(boot.sleep_after_ms, boot.keep_alive);

    rc = uv_poll_init(agent_loop, &agent_signal_poll, agent_signal_fd);

    if (rc == 0) {
        rc = uv_poll_start(&agent_signal_poll, UV_READABLE, agent_signal);
    }

    if (rc == 0) {
        rc = agent_server_start(boot.agent);
    }

    if (rc == 0) {
        rc = agent_control_start(boot.control, boot.generation);
    }

    for (i = 0; rc == 0 && i < boot.nports; i++) {
        rc = agent_relay_listen(agent_loop, boot.ports[i], boot.port_fds[i]);
        agent_control_port(boot.ports[i], 1);
    }

    if (rc != 0) {
        goto failed;
    }

    agent_threads_start();
    agent_boot_answer(&boot);

    for (i = 0; i < boot.ncommands; i++) {
        agent_wake_set(boot.commands[i]);
        json_decref(boot.commands[i]);
    }

    uv_run(agent_loop, UV_RUN_DEFAULT);

failed:

    agent_log("%s", rc ? uv_strerror(rc) : "the loop ended");

    return 1;
}


/* every signal comes by descriptor, where its sender can be told */

/*
 * What we inherit is inherited by every command.  The C library refuses to
 * speak of the two signals that it uses itself; the kernel does not.
 */

static void
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


/*
 * libuv makes its threads when the first work is queued and aborts when it
 * cannot: they are made before a tenant can use up the container's processes.
 */

static void
agent_threads_start(void)
{
    char              *size;
    static uv_work_t   work;

    size = getenv("UV_THREADPOOL_SIZE");

    if (size) {
        size = strdup(size);
    }

    setenv("UV_THREADPOOL_SIZE", AGENT_THREADS, 1);

    (void) uv_queue_work(agent_loop, &work, agent_threads_work, NULL);

    /* the image's own is for commands */

    if (size) {
        setenv("UV_THREADPOOL_SIZE", size, 1);
        free(size);

    } else {
        unsetenv("UV_THREADPOOL_SIZE");
    }
}


static void
agent_threads_work(uv_work_t *work)
{
    (void) work;
}


static int
agent_signals_block(void)
{
    int       i;
    sigset_t  set;

    for (i = 1; i < NSIG; i++) {
        signal(i, SIG_DFL);
    }

    sigfillset(&set);

    /* these are our own mistakes, and must end us */

    sigdelset(&set, SIGSEGV);
    sigdelset(&set, SIGBUS);
    sigdelset(&set, SIGILL);
    sigdelset(&set, SIGFPE);
    sigdelset(&set, SIGABRT);

    if (sigprocmask(SIG_SETMASK, &set, NULL) == -1) {
        return -1;
    }

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);

    /* what an image may name as its stop signal */

    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGWINCH);
    sigaddset(&set, SIGRTMIN + 3);

    return signalfd(-1, &set, SFD_CLOEXEC|SFD_NONBLOCK);
}


static void
agent_signal(uv_poll_t *poll, int status, int events)
{
    int                      i, n;
    ssize_t                  rc;
    struct signalfd_siginfo  info[16];

    rc = read(agent_signal_fd, info, sizeof(info));

    if (rc <= 0) {
        return;
    }

    n = rc / sizeof(struct signalfd_siginfo);

    for (i = 0; i < n; i++) {

        if (info[i].ssi_signo == SIGCHLD) {
            agent_reap_more(NULL);
            continue;
        }

        /* a sender beside us has a number here; one outside has none */

        if (info[i].ssi_pid == 0) {
            agent_shutdown(AGENT_STOP_GRACE);
        }
    }
}


static void
agent_reap_more(uv_timer_t *timer)
{
    if (agent_child_reap()) {
        uv_timer_start(&agent_reap_timer, agent_reap_more, 0, 0);
    }
}


void
agent_shutdown(unsigned grace_ms)
{
    if (agent_shutting) {
        return;
    }

    agent_shutting = 1;
    agent_shutdown_at = agent_monotonic_ms() + grace_ms;

    kill(-1, SIGTERM);
    kill(-1, SIGCONT);

    uv_timer_start(&agent_shutdown_timer, agent_shutdown_step, 0,
                   AGENT_STOP_STEP);
}


static void
agent_shutdown_step(uv_timer_t *timer)
{
    uint64_t  now;

    now = agent_monotonic_ms();

    if (kill(-1, 0) == -1 && errno == ESRCH) {

        /* what ended is told to those who wait, if they read it */

        if (agent_conn_count() == 0
            || now >= agent_shutdown_at + AGENT_STOP_FLUSH)
        {
            agent_leave();
        }

        return;
    }

    if (now >= agent_shutdown_at) {
        kill(-1, SIGKILL);
    }

    if (now >= agent_shutdown_at + AGENT_STOP_FLUSH) {
        agent_leave();
    }
}


static void
agent_leave(void)
{
    kill(-1, SIGKILL);

    exit(0);
}


void
agent_end_all(unsigned ms)
{
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);

    uv_timer_start(&agent_kill_timer, agent_end_timer, ms, 0);
}


static void
agent_end_timer(uv_timer_t *timer)
{
    kill(-1, SIGKILL);
}


void
agent_workspace_make(void)
{
    if (mkdir(AGENT_WORKSPACE, 0755) == 0
        && lchown(AGENT_WORKSPACE, agent_user.uid, agent_user.gid) == -1)
    {
        agent_log("chown " AGENT_WORKSPACE ": %s", strerror(errno));
    }
}


/* an image has it for root, and the class may name another user */

static void
agent_workspace_own(void)
{
    int          fd;
    struct stat  st;

    if (agent_user.uid == 0) {
        return;
    }

    fd = open(AGENT_WORKSPACE, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);

    if (fd == -1) {
        return;
    }

    if (fstat(fd, &st) == 0 && st.st_uid == 0
        && fchown(fd, agent_user.uid, agent_user.gid) == -1)
    {
        agent_log("chown " AGENT_WORKSPACE ": %s", strerror(errno));
    }

    close(fd);
}


uint64_t
agent_monotonic_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


void
agent_log(const char *format, ...)
{
    int      n;
    char     line[1024];
    size_t   len;
    va_list  args;

    len = snprintf(line, sizeof(line), "sandbox agent: ");

    va_start(args, format);
    n = vsnprintf(line + len, sizeof(line) - len - 1, format, args);
    va_end(args);

    if (n < 0) {
        return;
    }

    len += n;

    if (len > sizeof(line) - 2) {
        len = sizeof(line) - 2;
    }

    line[len++] = '\n';

    if (write(STDERR_FILENO, line, len) == -1) {
        /* a log that is full loses a line */
        return;
    }
}


char *
agent_read_file(const char *path, size_t max, size_t *len)
{
    int           fd;
    char         *text;
    size_t        n;
    ssize_t       rc;
    struct stat   st;

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK|O_NOCTTY);

    if (fd == -1) {
        return NULL;
    }

    text = NULL;

    if (fstat(fd, &st) == -1) {
        goto done;
    }

    if (!S_ISREG(st.st_mode) || (uint64_t) st.st_size > max) {
        errno = EFBIG;
        goto done;
    }

    text = malloc(st.st_size + 1);

    if (text == NULL) {
        goto done;
    }

    for (n = 0; n < (size_t) st.st_size; n += rc) {
        rc = read(fd, text + n, st.st_size - n);

        if (rc <= 0) {
            break;
        }
    }

    text[n] = '\0';
    *len = n;

done:

    close(fd);

    return text;
}


void
agent_random_hex(char *buf, size_t size)
{
    size_t         i;
    unsigned char  byte;

    static const char  hex[] = "0123456789abcdef";

    for (i = 0; i + 1 < size; i++) {

        while (getrandom(&byte, 1, 0) != 1) { /* void */ }

        buf[i] = hex[byte & 15];
    }

    buf[i] = '\0';
}
