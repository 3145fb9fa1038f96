
/*
 * Copyright (C) the ngx_sandbox authors
 */


/*
 * Several processes on one state directory, and processes that die between
 * any two steps: the calls that change a directory pass through here on their
 * way to the kernel, so that the process can end at a chosen one, or another
 * be quicker just before it.
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

#include "sandbox_file.h"
#include "sandbox_store.h"
#include "temp.h"


#define TEST_PROCESSES  20
#define TEST_ROUNDS     40
#define TEST_CRASHED    77
#define TEST_STEPS_MAX  100


typedef void (*test_job_pt)(unsigned n);


static void test_step(void);
static void test_rival(void (**rival)(void));
static unsigned test_fork(unsigned processes, test_job_pt job);
static int test_child(test_job_pt job, unsigned steps);
static int test_create_app(void);
static int test_expose(const char *token);
static void test_destroy_app(void);
static void test_mended(void);
static int test_finish(void *data, const char *run);
static int test_check_id(void *data, const char *id);
static unsigned test_count(const char *name);


static char              test_path[sizeof(TEMP_TEMPLATE)];
static sandbox_store_t  *test_store;
static sandbox_spec_t    test_spec;
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


static int
test_setup(void **state)
{
    temp_make(test_path);

    test_store = sandbox_store_open(test_path);
    assert_non_null(test_store);

    return 0;
}


static int
test_teardown(void **state)
{
    sandbox_store_close(test_store);
    temp_remove(test_path);

    return 0;
}


static void
job_create(unsigned n)
{
    _exit(test_create_app() == 0 ? 1 : errno == EEXIST ? 0 : 2);
}


static void
test_one_creates(void **state)
{
    unsigned        round;
    sandbox_spec_t  spec;

    for (round = 0; round < TEST_ROUNDS; round++) {
        assert_int_equal(test_fork(TEST_PROCESSES, job_create), 1);

        assert_int_equal(sandbox_store_read(test_store, "app", &spec), 0);
        sandbox_spec_free(&spec);

        /* the losers have cleaned up: .run/<run>, and nothing else */

        assert_int_equal(test_count(".run"), 1);
        assert_int_equal(test_count("."), 4);

        assert_int_equal(sandbox_store_trash(test_store, "app", spec.run), 0);
        assert_int_equal(sandbox_store_delete(test_store, spec.run), 0);
    }
}


static void
job_open(unsigned n)
{
    sandbox_store_t  *store;

    store = sandbox_store_open(test_path);

    if (store == NULL) {
        _exit(2);
    }

    _exit(strcmp(sandbox_store_instance(store),
                 sandbox_store_instance(test_store)) == 0 ? 1 : 3);
}


static void
job_open_fresh(unsigned n)
{
    char              name[64];
    FILE             *file;
    sandbox_store_t  *store;

    store = sandbox_store_open(test_path);

    if (store == NULL) {
        _exit(2);
    }

    /* what each of them saw */

    (void) snprintf(name, sizeof(name), "%s.%u", test_path, n);
    file = fopen(name, "w");

    if (file == NULL
        || fputs(sandbox_store_instance(store), file) == EOF
        || fclose(file) == EOF)
    {
        _exit(3);
    }

    _exit(1);
}


static void
test_one_name(void **state)
{
    char              name[64], seen[64];
    FILE             *file;
    unsigned          n, round;
    sandbox_store_t  *store;

    assert_int_equal(test_fork(TEST_PROCESSES, job_open), TEST_PROCESSES);

    for (round = 0; round < TEST_ROUNDS; round++) {
        assert_int_equal(unlinkat(sandbox_store_fd(test_store), "instance", 0),
                         0);
        assert_int_equal(test_fork(TEST_PROCESSES, job_open_fresh),
                         TEST_PROCESSES);

        store = sandbox_store_open(test_path);
        assert_non_null(store);

        for (n = 0; n < TEST_PROCESSES; n++) {
            (void) snprintf(name, sizeof(name), "%s.%u", test_path, n);
            file = fopen(name, "r");
            assert_non_null(file);
            assert_non_null(fgets(seen, sizeof(seen), file));
            assert_int_equal(fclose(file), 0);
            assert_int_equal(unlink(name), 0);
            assert_string_equal(seen, sandbox_store_instance(store));
        }

        sandbox_store_close(store);
        assert_int_equal(test_count("."), 3);
    }
}


/* whoever has the lock finds the mark absent, and takes it away again */

static void
job_lock(unsigned n)
{
    int       fd, mark, state;
    unsigned  had;

    state = sandbox_store_fd(test_store);

    had = 0;

    while (had < 50) {
        fd = sandbox_store_lock(test_store, "app");

        if (fd == -1) {
            if (errno != EWOULDBLOCK) {
                _exit(2);
            }

            (void) usleep(100);
            continue;
        }

        mark = openat(state, "mark", O_WRONLY|O_CREAT|O_EXCL, 0600);

        if (mark == -1 || unlinkat(state, "mark", 0) == -1) {
            _exit(3);
        }

        close(mark);
        close(fd);
        had++;
    }

    _exit(1);
}


static void
test_one_locks(void **state)
{
    assert_int_equal(test_create_app(), 0);
    assert_int_equal(test_fork(8, job_lock), 8);
    assert_int_equal(sandbox_store_locked(test_store, "app"), 0);
}


/* creates, exposes, destroys and sweeps, all at once */

static void
job_churn(unsigned n)
{
    int             fd, rc;
    char            run[SANDBOX_RANDOM_LEN + 1];
    unsigned        round;
    sandbox_port_t  policy, read;

    for (round = 0; round < TEST_ROUNDS; round++) {

        if (test_create_app() == -1 && errno != EEXIST) {
            _exit(2);
        }

        memset(&policy, 0, sizeof(policy));
        policy.port = (uint16_t) (8000 + n);
        (void) strcpy(policy.token, "token");

        if (sandbox_store_run(test_store, "app", run) == 0) {
            (void) memcpy(policy.run, run, sizeof(run));
        }

        rc = sandbox_store_port_write(test_store, "app", &policy);

        if (rc == -1 && errno != ENOENT) {
            _exit(3);
        }

        /* what is read back is of that sandbox, or it is gone */

        if (rc == 0
            && sandbox_store_port_read(test_store, "app", policy.port, &read)
               == 0
            && strcmp(read.run, policy.run) == 0
            && !sandbox_stamp_equal(&read.stamp, &policy.stamp))
        {
            _exit(4);
        }

        if (n == 0 && sandbox_store_sweep(test_store, test_finish, NULL) == -1)
        {
            _exit(5);
        }

        fd = sandbox_store_lock(test_store, "app");

        if (fd == -1) {
            if (errno != EWOULDBLOCK && errno != ENOENT) {
                _exit(6);
            }

            continue;
        }

        /* with the lock, the id stays where it is */

        if (sandbox_store_run(test_store, "app", run) == -1
            || sandbox_store_trash(test_store, "app", run) == -1
            || sandbox_store_delete(test_store, run) == -1)
        {
            _exit(7);
        }

        close(fd);
    }

    _exit(1);
}


static void
test_churn(void **state)
{
    assert_int_equal(test_fork(6, job_churn), 6);

    test_mended();
}


static void
job_agent(unsigned n)
{
    _exit(sandbox_store_agent(test_store, "/proc/self/exe") == -1 ? 2 : 1);
}


static void
test_one_agent(void **state)
{
    assert_int_equal(test_fork(6, job_agent), 6);
    assert_int_equal(test_count(".agent"), 1);
    assert_int_equal(sandbox_store_agent(test_store, "/proc/self/exe"), 0);
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
    int             fd, code;
    char            sock[80];
    unsigned        steps;
    sandbox_port_t  policy;

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
    int             code;
    unsigned        steps;
    sandbox_port_t  policy;

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
    _exit(sandbox_store_agent(test_store, "/proc/self/exe") == -1 ? 2 : 1);
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

        assert_true(sandbox_store_agent(test_store, "/proc/self/exe") >= 0);
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
    assert_int_equal(sandbox_store_sweep(test_store, test_finish, NULL), 0);
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
            assert_int_equal(sandbox_store_ports(test_store, "app", &port, 1),
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
    assert_int_equal(sandbox_store_sweep(test_store, test_finish, NULL), 0);
    assert_null(test_before_flock);

    test_mended();
    assert_int_equal(test_count("app"), 4);
    test_destroy_app();
}


/* all at once; the number of those that ended with 1; no other but 0 may be */

static unsigned
test_fork(unsigned processes, test_job_pt job)
{
    int       status, start[2];
    char      byte;
    pid_t     pid;
    unsigned  n, ones;

    assert_int_equal(pipe(start), 0);

    for (n = 0; n < processes; n++) {
        pid = fork();
        assert_true(pid != -1);

        if (pid == 0) {
            close(start[1]);
            (void) !read(start[0], &byte, 1);
            job(n);
            _exit(9);
        }
    }

    close(start[0]);
    close(start[1]);

    ones = 0;

    for (n = 0; n < processes; n++) {
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        assert_in_range(WEXITSTATUS(status), 0, 1);
        ones += (unsigned) WEXITSTATUS(status);
    }

    return ones;
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
test_create_app(void)
{
    memset(&test_spec, 0, sizeof(test_spec));
    (void) strcpy(test_spec.class, "default");
    test_spec.sleep_after_ms = -1;
    test_spec.keep_alive = -1;

    return sandbox_store_create(test_store, "app", &test_spec);
}


static int
test_expose(const char *token)
{
    sandbox_port_t  policy;

    memset(&policy, 0, sizeof(policy));
    policy.port = 8080;
    (void) snprintf(policy.token, sizeof(policy.token), "%s", token);

    return sandbox_store_port_write(test_store, "app", &policy);
}


static void
test_destroy_app(void)
{
    int   fd;
    char  run[SANDBOX_RANDOM_LEN + 1];

    fd = sandbox_store_lock(test_store, "app");
    assert_true(fd >= 0);
    assert_int_equal(sandbox_store_run(test_store, "app", run), 0);
    assert_int_equal(sandbox_store_trash(test_store, "app", run), 0);
    assert_int_equal(sandbox_store_delete(test_store, run), 0);
    close(fd);
}


/* after a sweep there are sandboxes, whole ones, with a run each */

static void
test_mended(void)
{
    unsigned  ids;

    assert_int_equal(sandbox_store_sweep(test_store, test_finish, NULL), 0);

    ids = 0;

    assert_int_equal(sandbox_store_each(test_store, test_check_id, &ids), 0);
    assert_int_equal(test_count(".run"), ids);
    assert_int_equal(test_count("."), 3 + ids);
}


static int
test_finish(void *data, const char *run)
{
    if (sandbox_store_delete(test_store, run) == -1) {
        _exit(8);
    }

    return 0;
}


static int
test_check_id(void *data, const char *id)
{
    int             fd;
    char            path[100];
    unsigned       *ids;
    sandbox_spec_t  spec;

    ids = data;
    (*ids)++;

    assert_int_equal(sandbox_store_read(test_store, id, &spec), 0);
    sandbox_spec_free(&spec);

    (void) snprintf(path, sizeof(path), ".run/%s", spec.run);
    assert_int_equal(faccessat(sandbox_store_fd(test_store), path, F_OK, 0),
                     0);

    fd = sandbox_store_lock(test_store, id);
    assert_true(fd >= 0);
    close(fd);

    return 0;
}


static unsigned
test_count(const char *name)
{
    DIR            *dir;
    unsigned        n;
    struct dirent  *entry;

    dir = sandbox_file_list(sandbox_store_fd(test_store), name);
    assert_non_null(dir);

    for (n = 0; sandbox_file_next(dir, &entry) == 1; n++) { /* void */ }

    closedir(dir);

    return n;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_one_creates, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_one_name, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_one_locks, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_churn, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_one_agent, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_crash_create, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_crash_destroy, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_crash_policy, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_crash_agent, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_rival_creates, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_rival_destroys, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_rival_locks, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_rival_sweeps, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_rival_finishes, test_setup,
                                        test_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
