
/*
 * Copyright (C) the ngx_sandbox authors
 */


/*
 * Processes that die between any two steps, or lose a race there: the calls
 * that change a directory pass through here on their way to the kernel, so
 * that the process can end at a chosen one, or another be quicker just before
 * it.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_agent.h"
#include "lib/sandbox_store_lock.h"
#include "lib/sandbox_store_port.h"
#include "lib/sandbox_store_sweep.h"
#include "lib/sandbox_store_trash.h"
#include "store.h"


#define TEST_CRASHED    77
#define TEST_STEPS_MAX  100


typedef void (*test_job_pt)(unsigned n);


static void test_step(void);
static void test_rival(void (**rival)(void));
static int test_child(test_job_pt job, unsigned steps);
static int test_expose(const char *token);


static unsigned          test_steps_left;
static void            (*test_before_rename)(void);
static void            (*test_before_flock)(void);


int
mkdirat(int at, const char *name, mode_t mode)
{
    test_step();

    return (int) syscall(SYS_mkdirat, at, name, mode);
}


int
symlinkat(const char *target, int at, const char *name)
{
    test_step();

    return (int) syscall(SYS_symlinkat, target, at, name);
}


int
linkat(int from, const char *a, int to, const char *b, int flags)
{
    test_step();

    return (int) syscall(SYS_linkat, from, a, to, b, flags);
}


int
flock(int fd, int operation)
{
    test_rival(&test_before_flock);

    return (int) syscall(SYS_flock, fd, operation);
}


int
renameat(int from, const char *a, int to, const char *b)
{
    test_rival(&test_before_rename);
    test_step();

    return (int) syscall(SYS_renameat2, from, a, to, b, 0);
}


int
renameat2(int from, const char *a, int to, const char *b, unsigned flags)
{
    test_rival(&test_before_rename);
    test_step();

    return (int) syscall(SYS_renameat2, from, a, to, b, flags);
}


int
unlinkat(int at, const char *name, int flags)
{
    test_step();

    return (int) syscall(SYS_unlinkat, at, name, flags);
}


int
fsync(int fd)
{
    test_step();

    return (int) syscall(SYS_fsync, fd);
}


static void
test_step(void)
{
    if (test_steps_left && --test_steps_left == 0) {
        _exit(TEST_CRASHED);
    }
}


/* once, and not for its own calls */

static void
test_rival(void (**rival)(void))
{
    void (*call)(void);

    call = *rival;
    *rival = NULL;

    if (call) {
        call();
    }
}


static void
job_create_or_not(unsigned n)
{
    _exit(test_create_app() == 0 ? 1 : 2);
}


static void
test_crash_create(void **state)
{
    int       code;
    unsigned  steps;

    code = TEST_CRASHED;

    for (steps = 1; code == TEST_CRASHED && steps < TEST_STEPS_MAX; steps++) {
        code = test_child(job_create_or_not, steps);

        test_mended();

        if (test_count(".run") == 1) {
            test_destroy_app();
        }

        assert_int_equal(test_count("."), 3);
        assert_int_equal(test_count(".run"), 0);
    }

    assert_int_equal(code, 1);
    assert_true(steps > 6);
}


static void
job_destroy(unsigned n)
{
    test_destroy_app();
    _exit(1);
}


static void
test_crash_destroy(void **state)
{
    int               fd, code;
    char              sock[80];
    unsigned          steps;
    sandbox_policy_t  policy;

    code = TEST_CRASHED;

    for (steps = 1; code == TEST_CRASHED && steps < TEST_STEPS_MAX; steps++) {

        if (test_count(".run") == 0) {
            assert_int_equal(test_create_app(), 0);
        }

        assert_int_equal(test_expose("token"), 0);

        (void) snprintf(sock, sizeof(sock), ".run/%s/8080.sock",
                        test_spec.run);
        fd = openat(sandbox_store_fd(test_store), sock, O_WRONLY|O_CREAT,
                    0666);
        assert_true(fd >= 0);
        close(fd);

        code = test_child(job_destroy, steps);

        test_mended();

        /* it is whole, or gone for good */

        if (test_count(".run") == 1) {
            assert_int_equal(sandbox_store_port_read(test_store, "app", 8080,
                                                     &policy), 0);
            assert_int_equal(faccessat(sandbox_store_fd(test_store), sock,
                                       F_OK, 0), 0);

        } else {
            assert_int_equal(test_count("."), 3);
        }
    }

    assert_int_equal(code, 1);
    assert_true(steps > 10);
    assert_int_equal(test_count(".run"), 0);
}


static void
job_expose(unsigned n)
{
    _exit(test_expose("new") == 0 ? 1 : 2);
}


static void
test_crash_policy(void **state)
{
    int               code;
    unsigned          steps;
    sandbox_policy_t  policy;

    assert_int_equal(test_create_app(), 0);

    code = TEST_CRASHED;

    for (steps = 1; code == TEST_CRASHED && steps < TEST_STEPS_MAX; steps++) {
        assert_int_equal(test_expose("old"), 0);

        /* what the one before left is gone */

        assert_int_equal(test_count("app/ports"), 1);

        code = test_child(job_expose, steps);

        /* the old one or the new one, and whole */

        assert_int_equal(sandbox_store_port_read(test_store, "app", 8080,
                                                 &policy), 0);
        assert_true(strcmp(policy.token, "new") == 0
                    || (code == TEST_CRASHED
                        && strcmp(policy.token, "old") == 0));
    }

    assert_int_equal(code, 1);
    assert_true(steps > 3);
}


static void
job_agent_copy(unsigned n)
{
    _exit(sandbox_store_agent(test_store, "/proc/self/exe", 1) == -1 ? 2 : 1);
}


static void
test_crash_agent(void **state)
{
    int       code;
    unsigned  steps;

    code = TEST_CRASHED;

    for (steps = 1; code == TEST_CRASHED && steps < TEST_STEPS_MAX; steps++) {
        (void) unlinkat(sandbox_store_fd(test_store), ".agent/agent", 0);

        code = test_child(job_agent_copy, steps);

        /* the whole of it, or none */

        assert_true(sandbox_store_agent(test_store, "/proc/self/exe", 1) >= 0);
        assert_int_equal(test_count(".agent"), 1);
    }

    assert_int_equal(code, 1);
    assert_true(steps > 2);
}


static void
rival_takes(void)
{
    sandbox_spec_t  spec;

    spec = test_spec;
    assert_int_equal(test_create_app(), 0);
    test_spec = spec;
}


static void
rival_trashes(void)
{
    char  run[SANDBOX_RANDOM_LEN + 1];

    assert_int_equal(sandbox_store_run(test_store, "app", run), 0);
    assert_int_equal(sandbox_store_trash(test_store, "app", run), 0);
}


static void
rival_destroys(void)
{
    test_destroy_app();
}


static void
rival_replaces(void)
{
    test_destroy_app();
    assert_int_equal(test_create_app(), 0);
}


static void
rival_sweeps(void)
{
    assert_int_equal(test_sweep(), 0);
}


static void
rival_finishes(void)
{
    DIR            *dir;
    struct dirent  *entry;

    dir = sandbox_file_list(sandbox_store_fd(test_store), ".");
    assert_non_null(dir);

    while (sandbox_file_next(dir, &entry) == 1) {
        if (strncmp(entry->d_name, ".new-", 5) == 0) {
            assert_int_equal(renameat(dirfd(dir), entry->d_name, dirfd(dir),
                                      "app"), 0);
            break;
        }
    }

    closedir(dir);
}


/* the id is taken between the look and the rename */

static void
test_rival_creates(void **state)
{
    test_before_rename = rival_takes;

    errno = 0;
    assert_int_equal(test_create_app(), -1);
    assert_int_equal(errno, EEXIST);
    assert_null(test_before_rename);

    assert_int_equal(test_count("."), 4);
    assert_int_equal(test_count(".run"), 1);
    test_mended();
}


/* a policy goes to the sandbox that was opened, or to none */

static void
test_rival_destroys(void **state)
{
    size_t    i;
    uint16_t  port;

    static void (*const  rivals[])(void) = {
        rival_trashes, rival_destroys, rival_replaces
    };

    for (i = 0; i < sizeof(rivals) / sizeof(rivals[0]); i++) {
        assert_int_equal(test_create_app(), 0);

        test_before_rename = rivals[i];

        errno = 0;
        assert_int_equal(test_expose("token"), -1);
        assert_int_equal(errno, ENOENT);
        assert_null(test_before_rename);

        if (rivals[i] == rival_replaces) {
            assert_int_equal(sandbox_store_port_list(test_store, "app", &port,
                                                     1),
                             0);
            test_destroy_app();
        }

        test_mended();
        assert_int_equal(test_count("."), 3);
        assert_int_equal(test_count(".run"), 0);
    }
}


/* the lock is that of the directory that has the id now, or none */

static void
test_rival_locks(void **state)
{
    int  fd;

    assert_int_equal(test_create_app(), 0);

    test_before_flock = rival_replaces;

    fd = sandbox_store_lock(test_store, "app");
    assert_true(fd >= 0);
    assert_null(test_before_flock);
    assert_int_equal(sandbox_file_same(sandbox_store_fd(test_store),
                                       "app/lock", fd), 1);
    close(fd);

    test_before_flock = rival_destroys;

    errno = 0;
    assert_int_equal(sandbox_store_lock(test_store, "app"), -1);
    assert_int_equal(errno, ENOENT);
}


/* a sweep takes what was not yet locked: another is made */

static void
test_rival_sweeps(void **state)
{
    test_before_flock = rival_sweeps;

    assert_int_equal(test_create_app(), 0);
    assert_null(test_before_flock);

    test_mended();
    assert_int_equal(test_count("."), 4);
    assert_int_equal(test_count(".run"), 1);
}


static void
rival_kills(void)
{
    _exit(TEST_CRASHED);
}


static void
job_dies_at_rename(unsigned n)
{
    test_before_rename = rival_kills;
    (void) test_create_app();
}


/* what became a sandbox while the sweep went for its lock is left alone */

static void
test_rival_finishes(void **state)
{
    assert_int_equal(test_child(job_dies_at_rename, 0), TEST_CRASHED);
    assert_int_equal(test_count("."), 4);
    assert_int_equal(test_count(".run"), 1);

    test_before_flock = rival_finishes;
    assert_int_equal(test_sweep(), 0);
    assert_null(test_before_flock);

    test_mended();
    assert_int_equal(test_count("app"), 4);
    test_destroy_app();
}


static int
test_child(test_job_pt job, unsigned steps)
{
    int    status;
    pid_t  pid;

    pid = fork();
    assert_true(pid != -1);

    if (pid == 0) {
        test_steps_left = steps;
        job(0);
        _exit(9);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));

    return WEXITSTATUS(status);
}


static int
test_expose(const char *token)
{
    sandbox_policy_t  policy;

    memset(&policy, 0, sizeof(policy));
    policy.port = 8080;
    (void) snprintf(policy.token, sizeof(policy.token), "%s", token);

    return sandbox_store_port_write(test_store, "app", &policy);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test_in_store(test_crash_create),
        test_in_store(test_crash_destroy),
        test_in_store(test_crash_policy),
        test_in_store(test_crash_agent),
        test_in_store(test_rival_creates),
        test_in_store(test_rival_destroys),
        test_in_store(test_rival_locks),
        test_in_store(test_rival_sweeps),
        test_in_store(test_rival_finishes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
