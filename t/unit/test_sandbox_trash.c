
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
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_lock.h"
#include "lib/sandbox_store_sweep.h"
#include "lib/sandbox_store_trash.h"
#include "store.h"


/* destroying, and what a sweep finishes */


static char  test_unreadable[SANDBOX_ID_MAX + 1];


static int
test_sweep_collect(test_names_t *names)
{
    return sandbox_store_sweep(test_store, test_collect, names,
                               test_unreadable);
}


static void
test_deleting(void **state)
{
    int           fd, lock;
    char          path[100], run[SANDBOX_RANDOM_LEN + 1];
    test_names_t  names;

    fd = sandbox_store_fd(test_store);

    test_create_as("app");
    (void) strcpy(run, test_spec.run);

    test_write("app/ports/8080", "{}");
    test_write("app/ports/.tmp-x", "{}");
    test_write("app/anything", "");
    (void) snprintf(path, sizeof(path), ".run/%s/8080.sock", run);
    test_write(path, "");

    assert_fails(sandbox_store_trash(test_store, "no", run), ENOENT);
    assert_fails(sandbox_store_trash(test_store, "app",
                                     "abcdefghijklmnopqrstuvwxyz"), ENOENT);

    lock = sandbox_store_lock(test_store, "app");
    assert_int_equal(sandbox_store_trash(test_store, "app", run), 0);
    assert_int_equal(test_exists("app"), 0);
    assert_fails(sandbox_store_trash(test_store, "app", run), ENOENT);

    /* being destroyed by somebody; then by nobody */

    memset(&names, 0, sizeof(names));
    assert_int_equal(test_sweep_collect(&names), 0);
    assert_int_equal(names.n, 0);
    close(lock);

    assert_int_equal(test_sweep_collect(&names), 0);
    assert_int_equal(names.n, 1);
    assert_string_equal(names.names[0], run);
    (void) snprintf(path, sizeof(path), ".run/%s", run);
    assert_int_equal(test_exists(path), 1);

    assert_int_equal(sandbox_store_trash_delete(test_store, run), 0);
    assert_int_equal(test_exists(path), 0);
    (void) snprintf(path, sizeof(path), ".trash-%s", run);
    assert_int_equal(test_exists(path), 0);
    assert_int_equal(sandbox_store_trash_delete(test_store, run), 0);

    assert_fails(sandbox_store_trash_delete(test_store, "../app"), EINVAL);
    assert_fails(sandbox_store_trash_delete(test_store, ""), EINVAL);

    /* a run of nobody's goes; a pool's, and what is no run, stays */

    assert_int_equal(mkdirat(fd, ".run/abcdefghijklmnopqrstuvwxyz", 0700), 0);
    test_write(".run/abcdefghijklmnopqrstuvwxyz/boot.sock", "");
    assert_int_equal(mkdirat(fd, ".run/bbbbbbbbbbbbbbbbbbbbbbbbbb", 0700), 0);
    assert_int_equal(mkdirat(fd, ".pool-bbbbbbbbbbbbbbbbbbbbbbbbbb", 0700), 0);
    assert_int_equal(mkdirat(fd, ".run/mine", 0700), 0);
    test_create_as("live");
    assert_int_equal(test_sweep_collect(&names), 0);
    assert_int_equal(test_exists(".run/abcdefghijklmnopqrstuvwxyz"), 0);
    assert_int_equal(test_exists(".run/bbbbbbbbbbbbbbbbbbbbbbbbbb"), 1);
    assert_int_equal(test_exists(".run/mine"), 1);
    (void) snprintf(path, sizeof(path), ".run/%s", test_spec.run);
    assert_int_equal(test_exists(path), 1);
    assert_int_equal(names.n, 1);

    /* what somebody else put there is not walked into */

    test_create_as("app");
    (void) strcpy(run, test_spec.run);
    assert_int_equal(mkdirat(fd, "app/mine", 0700), 0);
    test_write("app/mine/file", "");
    assert_int_equal(symlinkat("../../file", fd, "app/ports/link"), 0);
    test_write("file", "kept");
    assert_int_equal(sandbox_store_trash(test_store, "app", run), 0);
    assert_fails(sandbox_store_trash_delete(test_store, run), ENOTEMPTY);
    (void) snprintf(path, sizeof(path), ".trash-%s/mine/file", run);
    assert_int_equal(test_exists(path), 1);
    assert_int_equal(test_exists("file"), 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test_in_store(test_deleting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
