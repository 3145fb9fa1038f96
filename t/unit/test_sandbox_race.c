
/*
 * Copyright (C) the ngx_sandbox authors
 */


/* several processes on one state directory */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

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


#define TEST_PROCESSES  20
#define TEST_ROUNDS     40


typedef void (*test_job_pt)(unsigned n);


static unsigned test_fork(unsigned processes, test_job_pt job);


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
        assert_int_equal(sandbox_store_trash_delete(test_store, spec.run), 0);
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
    assert_int_equal(sandbox_store_lock_held(test_store, "app"), 0);
}


/* each adds to a number that all of them change */

static void
job_update(unsigned n)
{
    unsigned        done;
    sandbox_spec_t  spec;

    done = 0;

    while (done < TEST_ROUNDS) {

        if (sandbox_store_read(test_store, "app", &spec) == -1) {
            _exit(2);
        }

        spec.max_age_ms++;

        if (sandbox_store_update(test_store, "app", &spec) == 0) {
            done++;

        } else if (errno != ESTALE && errno != EWOULDBLOCK) {
            _exit(3);
        }

        sandbox_spec_free(&spec);
    }

    _exit(1);
}


static void
test_all_update(void **state)
{
    sandbox_spec_t  spec;

    assert_int_equal(test_create_app(), 0);

    assert_int_equal(sandbox_store_read(test_store, "app", &spec), 0);
    spec.max_age_ms = 1000;
    assert_int_equal(sandbox_store_update(test_store, "app", &spec), 0);
    sandbox_spec_free(&spec);

    assert_int_equal(test_fork(8, job_update), 8);

    assert_int_equal(sandbox_store_read(test_store, "app", &spec), 0);
    assert_int_equal(spec.max_age_ms, 1000 + 8 * TEST_ROUNDS);
    sandbox_spec_free(&spec);

    /* no half-made file is left: container comes with the first start */

    assert_int_equal(test_count("app"), 4);
}


/* updates what others destroy and make anew */

static void
job_update_other(unsigned n)
{
    unsigned        i;
    sandbox_spec_t  spec;

    if (n == 0) {

        for (i = 0; i < TEST_ROUNDS; i++) {
            test_destroy_app();

            if (test_create_app() == -1) {
                _exit(2);
            }
        }

        _exit(1);
    }

    for (i = 0; i < TEST_ROUNDS; i++) {

        if (sandbox_store_read(test_store, "app", &spec) == -1) {
            continue;
        }

        if (spec.max_age_ms > 0) {

            /* nobody writes to one that was made since it was read */

            if (spec.max_age_ms != spec.created_ms) {
                _exit(4);
            }
        }

        spec.max_age_ms = spec.created_ms;

        if (sandbox_store_update(test_store, "app", &spec) == -1
            && errno != ESTALE && errno != EWOULDBLOCK && errno != ENOENT)
        {
            _exit(3);
        }

        sandbox_spec_free(&spec);
    }

    _exit(1);
}


static void
test_update_destroyed(void **state)
{
    assert_int_equal(test_create_app(), 0);
    assert_int_equal(test_fork(6, job_update_other), 6);
    test_mended();
}


/* creates, exposes, destroys and sweeps, all at once */

static void
job_churn(unsigned n)
{
    int               fd, rc;
    char              run[SANDBOX_RANDOM_LEN + 1];
    unsigned          round;
    sandbox_policy_t  policy, read;

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
            && !sandbox_store_stamp_equal(&read.stamp, &policy.stamp))
        {
            _exit(4);
        }

        if (n == 0 && test_sweep() == -1)
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
            || sandbox_store_trash_delete(test_store, run) == -1)
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
    _exit(sandbox_store_agent(test_store, "/proc/self/exe", 1) == -1 ? 2 : 1);
}


static void
test_one_agent(void **state)
{
    assert_int_equal(test_fork(6, job_agent), 6);
    assert_int_equal(test_count(".agent"), 1);
    assert_int_equal(sandbox_store_agent(test_store, "/proc/self/exe", 1), 0);
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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test_in_store(test_one_creates),
        test_in_store(test_one_name),
        test_in_store(test_all_update),
        test_in_store(test_update_destroyed),
        test_in_store(test_one_locks),
        test_in_store(test_churn),
        test_in_store(test_one_agent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
