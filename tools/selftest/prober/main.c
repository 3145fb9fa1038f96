
/*
 * Copyright (C) the ngx_sandbox authors
 */


/*
 * Runs in a sandbox as a program of its tenant, and tries what the sandbox
 * must not be able to do.  Uploaded by sandbox-selftest; static, since an
 * image may have no libraries.
 *
 *     prober check FACT...     every row, each in a process of its own
 *     prober hold FACT...      takes what tenants share, and goes on holding
 *                              it in the background; prints "peer ADDRESS/PORT"
 *     prober secrets           prints what can be read, in base64
 *
 * "check" prints "begin ROW", and "end ROW RESULT TEXT" for each row.
 */


#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "prober/agent.h"
#include "prober/counters.h"
#include "prober/facts.h"
#include "prober/filter.h"
#include "prober/hold.h"
#include "prober/kernel.h"
#include "prober/limits.h"
#include "prober/mounts.h"
#include "prober/network.h"
#include "prober/privileges.h"
#include "prober/secrets.h"
#include "prober/sockets.h"
#include "prober/verdict.h"


#define SELFTEST_ROW_SECONDS  40


typedef struct {
    const char   *name;
    void        (*run)(const selftest_facts_t *facts);
} selftest_row_t;


static int selftest_check(const selftest_facts_t *facts);
static void selftest_check_row(const selftest_row_t *row,
    const selftest_facts_t *facts);
static int selftest_check_wait(pid_t pid, int *status);


/* those that take memory and processes are last */

static const selftest_row_t  selftest_rows[] = {
    { "namespaces", selftest_privileges_namespaces },
    { "capabilities", selftest_privileges_capabilities },
    { "no-new-privileges", selftest_privileges_fixed },
    { "user", selftest_privileges_user },
    { "seccomp", selftest_privileges_seccomp },
    { "devices", selftest_kernel_devices },
    { "kernel-settings", selftest_kernel_settings },
    { "host-paths", selftest_mounts_host },
    { "read-only", selftest_mounts_read_only },
    { "engine-socket", selftest_sockets_engine },
    { "worker-uid", selftest_filter_worker },
    { "user-namespaces", selftest_filter_namespaces },
    { "io-uring", selftest_filter_io_uring },
    { "socket-families", selftest_filter_families },
    { "foreign-abis", selftest_filter_abis },
    { "agent-process", selftest_agent_process },
    { "agent-signals", selftest_agent_signals },
    { "agent-sockets", selftest_sockets_agent },
    { "network-none", selftest_network_none },
    { "raw-sockets", selftest_network_raw },
    { "host-network", selftest_network_host },
    { "metadata-services", selftest_network_metadata },
    { "private-networks", selftest_network_private },
    { "other-sandboxes", selftest_network_peer },
    { "message-queues", selftest_counters_queues },
    { "pending-signals", selftest_counters_signals },
    { "open-files", selftest_counters_files },
    { "kernel-limits", selftest_counters_shared },
    { "disk", selftest_limits_disk },
    { "cpus", selftest_limits_cpus },
    { "pids", selftest_limits_pids },
    { "memory", selftest_limits_memory },
    { NULL, NULL }
};


int
main(int argc, char **argv)
{
    const char        *command;
    selftest_facts_t   facts;

    command = argc > 1 ? argv[1] : "";

    signal(SIGPIPE, SIG_IGN);

    if (argc < 2 || selftest_facts_parse(&facts, argv + 2) == -1) {
        fputs("unknown facts\n", stderr);
        return 2;
    }

    if (strcmp(command, "check") == 0) {
        return selftest_check(&facts);
    }

    if (strcmp(command, "hold") == 0) {
        return selftest_hold(&facts);
    }

    if (strcmp(command, "secrets") == 0) {
        return selftest_secrets();
    }

    return 2;
}


static int
selftest_check(const selftest_facts_t *facts)
{
    const selftest_row_t  *row;

    for (row = selftest_rows; row->name; row++) {
        selftest_check_row(row, facts);
    }

    return 0;
}


static void
selftest_check_row(const selftest_row_t *row, const selftest_facts_t *facts)
{
    int    status;
    char   text[64];
    pid_t  pid;

    printf("begin %s\n", row->name);
    fflush(stdout);

    pid = fork();

    if (pid == -1) {
        snprintf(text, sizeof(text), "cannot start a process: %s",
                 strerror(errno));
        selftest_verdict_lost(row->name, text);
        return;
    }

    if (pid == 0) {
        (void) setpgid(0, 0);
        row->run(facts);
        selftest_verdict_print(row->name);
        _exit(0);
    }

    (void) setpgid(pid, pid);

    if (selftest_check_wait(pid, &status) == -1) {
        selftest_verdict_lost(row->name, "the check does not end");

    } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
               && row->run == selftest_limits_memory)
    {
        /* the kernel may kill it after the one that used too much */

        selftest_verdict_note("more was killed by signal %d", SIGKILL);
        selftest_verdict_print(row->name);

    } else if (WIFSIGNALED(status)) {
        snprintf(text, sizeof(text), "the check was killed by signal %d",
                 WTERMSIG(status));
        selftest_verdict_lost(row->name, text);
    }

    (void) kill(-pid, SIGKILL);

    while (waitpid(-pid, NULL, 0) > 0) { /* void */ }
}


/* 0, or -1 if it had to be killed */

static int
selftest_check_wait(pid_t pid, int *status)
{
    int              i;
    struct timespec  pause;

    pause.tv_sec = 0;
    pause.tv_nsec = 5000000;

    for (i = 0; i < SELFTEST_ROW_SECONDS * 200; i++) {

        if (waitpid(pid, status, WNOHANG) == pid) {
            return 0;
        }

        (void) nanosleep(&pause, NULL);
    }

    (void) kill(pid, SIGKILL);
    (void) waitpid(pid, status, 0);

    return -1;
}
