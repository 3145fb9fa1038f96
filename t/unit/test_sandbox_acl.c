
/*
 * Copyright (C) the ngx_sandbox authors
 */


/* who may search the directory of the store */


#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <sys/xattr.h>

#include "lib/sandbox_store_acl.h"
#include "store.h"


/* users that own nothing */
#define TEST_ENGINE  64123
#define TEST_OTHER   64124


/* 1 if a user gets at a path in the store that he knows */

static int
test_reaches(uid_t uid)
{
    int          rc;
    pid_t        pid;
    char         path[sizeof(TEMP_TEMPLATE) + sizeof("/.run")];
    struct stat  st;

    (void) snprintf(path, sizeof(path), "%s/.run", test_path);

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        if (setgid(uid) == -1 || setuid(uid) == -1) {
            _exit(2);
        }

        _exit(stat(path, &st) == 0);
    }

    assert_int_equal(waitpid(pid, &rc, 0), pid);
    assert_true(WIFEXITED(rc));

    return WEXITSTATUS(rc);
}


static unsigned
test_mode(void)
{
    struct stat  st;

    assert_int_equal(fstat(sandbox_store_fd(test_store), &st), 0);

    return st.st_mode & 07777;
}


static void
test_search(void **state)
{
    char     text[4096];
    ssize_t  n;

    if (geteuid() != 0) {
        skip();
    }

    n = sandbox_store_acl_search(test_store, TEST_ENGINE);

    if (n == -1 && errno == EOPNOTSUPP) {
        skip();
    }

    assert_int_equal(n, 1);

    assert_int_equal(test_reaches(TEST_ENGINE), 1);
    assert_int_equal(test_reaches(TEST_OTHER), 0);

    /* the bits of the group are the mask */

    assert_int_equal(test_mode(), 0710);

    assert_int_equal(sandbox_store_acl_search(test_store, TEST_ENGINE), 0);

    /* a mask that forbids it, by a chmod, and other users of the list */

    assert_int_equal(fchmod(sandbox_store_fd(test_store), 0700), 0);
    assert_int_equal(test_reaches(TEST_ENGINE), 0);
    assert_int_equal(sandbox_store_acl_search(test_store, TEST_ENGINE), 1);
    assert_int_equal(test_reaches(TEST_ENGINE), 1);

    assert_int_equal(sandbox_store_acl_search(test_store, TEST_OTHER), 1);
    assert_int_equal(test_reaches(TEST_OTHER), 1);
    assert_int_equal(test_reaches(TEST_ENGINE), 1);

    /* three entries, two users, and the mask */

    n = fgetxattr(sandbox_store_fd(test_store), "system.posix_acl_access",
                  text, sizeof(text));
    assert_int_equal(n, 4 + 6 * 8);
}


static void
test_no_need(void **state)
{
    struct stat  st;

    assert_int_equal(fstat(sandbox_store_fd(test_store), &st), 0);

    assert_int_equal(sandbox_store_acl_search(test_store, 0), 0);
    assert_int_equal(sandbox_store_acl_search(test_store, st.st_uid), 0);
    assert_int_equal(test_mode(), 0700);

    assert_int_equal(fchmod(sandbox_store_fd(test_store), 0711), 0);
    assert_int_equal(sandbox_store_acl_search(test_store, TEST_ENGINE), 0);
    assert_int_equal(test_mode(), 0711);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test_in_store(test_search),
        test_in_store(test_no_need)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
