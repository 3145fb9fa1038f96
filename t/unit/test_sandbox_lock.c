
/*
 * Copyright (C) the ngx_sandbox authors
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
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/sandbox_store_lifetime.h"
#include "lib/sandbox_store_lock.h"
#include "lib/sandbox_store_trash.h"
#include "store.h"


/* who has a sandbox's lock, and what its times say */


static void
test_locking(void **state)
{
    int  a, b;

    assert_fails(sandbox_store_lock(test_store, "app"), ENOENT);
    assert_fails(sandbox_store_lock_held(test_store, "app"), ENOENT);

    test_create_as("app");

    assert_int_equal(sandbox_store_lock_held(test_store, "app"), 0);
    a = sandbox_store_lock(test_store, "app");
    assert_true(a >= 0);
    assert_int_equal(fcntl(a, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(sandbox_store_lock_held(test_store, "app"), 1);
    assert_fails(sandbox_store_lock(test_store, "app"), EWOULDBLOCK);

    /* the lock goes with the sandbox, the name to the next one */

    assert_int_equal(sandbox_store_trash(test_store, "app", test_spec.run), 0);
    assert_fails(sandbox_store_lock(test_store, "app"), ENOENT);
    test_create_as("app");
    b = sandbox_store_lock(test_store, "app");
    assert_true(b >= 0);
    close(a);
    assert_int_equal(sandbox_store_lock_held(test_store, "app"), 1);
    close(b);
    assert_int_equal(sandbox_store_lock_held(test_store, "app"), 0);

    a = sandbox_store_lock_elect(test_store);
    assert_true(a >= 0);
    assert_fails(sandbox_store_lock_elect(test_store), EWOULDBLOCK);
    close(a);
    a = sandbox_store_lock_elect(test_store);
    assert_true(a >= 0);
    close(a);
}


static int64_t
test_now(void)
{
    struct timespec  now;

    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);

    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}


static void
test_turning(void **state)
{
    int              ended;
    int64_t          before, made, started;

    test_create_as("app");

    /* made and never started: that is when it ended */

    made = sandbox_store_lifetime_changed(test_store, "app", &ended);
    assert_int_equal(ended, 1);
    assert_true(made >= test_now() - 60000 && made <= test_now() + 1000);

    before = test_now();
    assert_int_equal(sandbox_store_lifetime_started(test_store, "app"), 0);
    started = sandbox_store_lifetime_changed(test_store, "app", &ended);
    assert_int_equal(ended, 0);
    assert_true(started >= before && started <= test_now());

    /* looking at the lock is neither */

    assert_int_equal(sandbox_store_lock_held(test_store, "app"), 0);
    close(sandbox_store_lock(test_store, "app"));
    assert_int_equal(sandbox_store_lifetime_changed(test_store, "app", &ended),
                     started);
    assert_int_equal(ended, 0);

    assert_int_equal(sandbox_store_lifetime_ended(test_store, "app",
                                                  started + 5000),
                     0);
    assert_int_equal(sandbox_store_lifetime_changed(test_store, "app", &ended),
                     started + 5000);
    assert_int_equal(ended, 1);

    /* a start that follows at once, even one that the clock puts before */

    assert_int_equal(sandbox_store_lifetime_started(test_store, "app"), 0);
    started = sandbox_store_lifetime_changed(test_store, "app", &ended);
    assert_int_equal(ended, 0);
    assert_true(started >= before && started <= test_now());

    /* an end that the engine puts before the start */

    assert_int_equal(sandbox_store_lifetime_ended(test_store, "app", 0), 0);
    assert_int_equal(sandbox_store_lifetime_changed(test_store, "app", &ended),
                     started);
    assert_int_equal(ended, 1);

    assert_fails(sandbox_store_lifetime_changed(test_store, "none", &ended),
                 ENOENT);
    assert_fails(sandbox_store_lifetime_started(test_store, "none"), ENOENT);
    assert_fails(sandbox_store_lifetime_ended(test_store, "none", 1), ENOENT);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test_in_store(test_locking),
        test_in_store(test_turning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
