
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/time.h"
#include "context/pool.h"
#include "control/boot.h"
#include "control/control.h"
#include "control/options.h"
#include "http/server.h"
#include "main/crash.h"
#include "main/guard.h"
#include "main/idle.h"
#include "main/routes.h"
#include "main/signals.h"
#include "main/stop.h"
#include "net/relay.h"
#include "port/command.h"
#include "run/env.h"
#include "run/workspace.h"
#include "session/session_routes.h"
#include "sys/cgroup.h"
#include "sys/filter.h"
#include "sys/spawn.h"
#include "sys/user.h"
#include "terminal/terminal.h"


/* any group id that no tenant process has */
#define AGENT_SAVED_GID   65534

#define AGENT_THREADS     "4"


static int agent_main_setup(const char *dir);
static int agent_main_confine(agent_boot_t *boot);
static int agent_main_serve(agent_boot_t *boot);
static void agent_threads_start(void);
static void agent_threads_work(uv_work_t *work);


static uv_loop_t   agent_main_loop;

static const agent_control_ops_t  agent_main_ops = {
    agent_idle_change,
    agent_idle_ms_until,
    agent_stop_commands
};

static const agent_relay_hooks_t  agent_main_relay_hooks = {
    agent_port_command_starting,
    agent_port_command_json
};


#if defined(__has_feature)
#if __has_feature(address_sanitizer)

/* save memory; leak detection needs ptrace, which is disabled */

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
    int            rc;
    agent_boot_t   boot;

    agent_time_started = agent_time_ms();

    if (argc != 2) {
        agent_log_error("usage: %s <socket directory>", argv[0]);
        return 2;
    }

    /*
     * the agent kills all other processes: it must have its own PID namespace
     */

    if (getpid() != 1) {
        agent_log_error("the agent must run as PID 1");
        return 2;
    }

    if (agent_main_setup(argv[1]) != 0) {
        return 2;
    }

    if (agent_boot(&boot, argv[1]) != 0) {
        agent_log_error("timed out waiting for %s/boot.sock", argv[1]);
        return 1;
    }

    if (agent_main_confine(&boot) != 0) {
        return 1;
    }

    rc = agent_main_serve(&boot);

    if (rc != 0) {
        agent_log_error("cannot serve the sandbox: %s", uv_strerror(rc));
        return 1;
    }

    uv_run(agent_loop, UV_RUN_DEFAULT);

    /* the agent exits by agent_stop() */

    agent_log_error("the event loop ended");

    return 1;
}


/* the process itself; 0, or -1 */

static int
agent_main_setup(const char *dir)
{
    int  i, fd, flags;

    /* root in the container must not trace us or read our memory */

    prctl(PR_SET_DUMPABLE, 0);

    /*
     * Nor set our resource limits: prlimit() requires all three group ids to
     * match the caller's, which is impossible if they differ.
     */

    if (syscall(SYS_setresgid, -1, -1, AGENT_SAVED_GID) == -1) {
        agent_log_warn("setresgid() failed: %s", strerror(errno));
    }

    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    mallopt(M_TRIM_THRESHOLD, 128 * 1024);

    for (i = 0; i < 3; i++) {

        if (fcntl(i, F_GETFD) == -1) {
            fd = open("/dev/null", O_RDWR);

            if (fd != i) {
                return -1;
            }
        }
    }

#ifdef SYS_close_range
    (void) syscall(SYS_close_range, 3U, ~0U, 0U);
#endif

    /* a full log pipe must not block us */

    flags = fcntl(STDERR_FILENO, F_GETFL);
    fcntl(STDERR_FILENO, F_SETFL, flags|O_NONBLOCK);

    agent_log_configure(dir);

    agent_signals_default();

    if (agent_signals_block() == -1) {
        agent_log_error("signalfd: %s", strerror(errno));
        return -1;
    }

    agent_crash_init();
    agent_workspace_init();

    if (chdir("/") != 0) {
        agent_log_warn("chdir(\"/\"): %s", strerror(errno));
    }

    umask(022);

    agent_spawn_init();

    return 0;
}


/*
 * Restricts what commands may do.  Must be called while there is a single
 * thread, and before any command runs.  0, or -1.
 */

static int
agent_main_confine(agent_boot_t *boot)
{
    agent_options_apply(&boot->options);

    if (boot->preview_suffix) {
        agent_env_preview(boot->preview_suffix);
    }

    if (agent_user_resolve(&agent_user, boot->user) != 0) {
        agent_log_error("no such user: \"%s\"", boot->user);
        return -1;
    }

    agent_workspace_make();
    agent_workspace_own();

    if (agent_filter_install(boot->uid, boot->gid) == -1) {
        agent_log_error("seccomp() failed: %s", strerror(errno));
        return -1;
    }

    if (agent_user.uid != 0 && agent_user.uid == boot->uid) {
        agent_log_warn("user %u is that of nginx's workers: commands are "
                       "refused", (unsigned) agent_user.uid);
    }

    return 0;
}


/* the loop, all sockets and the commands of ports; 0, or a libuv error */

static int
agent_main_serve(agent_boot_t *boot)
{
    int      rc;
    size_t   i;
    int64_t  memory;

    rc = uv_loop_init(&agent_main_loop);

    if (rc != 0) {
        return rc;
    }

    agent_loop = &agent_main_loop;

    memory = agent_cgroup_memory_limit("/sys/fs/cgroup");

    agent_memory_init(memory);
    agent_stop_init();
    agent_relay_hooks_set(&agent_main_relay_hooks);
    agent_session_routes_observe(agent_terminal_session_deleted);
    agent_idle_start(boot->options.sleep_after_ms > 0
                     ? (uint64_t) boot->options.sleep_after_ms : 0,
                     boot->options.keep_alive == 1);

    rc = agent_signals_start();

    if (rc == 0) {
        rc = agent_guard_start(memory);
    }

    if (rc == 0) {
        rc = agent_server_start(boot->agent, agent_routes, agent_idle_touch);
    }

    if (rc == 0) {
        rc = agent_control_start(boot->control, boot->options.generation,
                                 &agent_main_ops);
    }

    for (i = 0; rc == 0 && i < boot->nports; i++) {
        rc = agent_relay_listen(agent_loop, boot->ports[i],
                                boot->port_fds[i]);
        agent_control_port(boot->ports[i], 1);
    }

    if (rc != 0) {
        return rc;
    }

    agent_threads_start();
    agent_boot_answer(boot);

    agent_log_debug("ready after %llu ms",
                    (unsigned long long) (agent_time_ms()
                                          - agent_time_started));

    for (i = 0; i < boot->ncommands; i++) {
        agent_port_command_set(boot->commands[i]);
        json_decref(boot->commands[i]);
    }

    if (boot->prewarm && agent_pool_prewarm(boot->prewarm) != 0) {
        agent_log_warn("invalid \"prewarm\" in the boot packet");
    }

    json_decref(boot->prewarm);

    return 0;
}


/*
 * libuv creates its threads when the first work is queued, and aborts on
 * failure.  Create them before the tenant can exhaust the pids limit.
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

    /* the value set by the image applies to commands only */

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
