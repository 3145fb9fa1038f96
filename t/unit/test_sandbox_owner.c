
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

#include "lib/sandbox_mask_path.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_create.h"
#include "lib/sandbox_store_owner.h"
#include "lib/sandbox_store_trash.h"
#include "store.h"


/* whom a run belongs to; directories that were copied or lost */


#define TEST_RUN  "abcdefghijklmnopqrstuvwxyz"


static void test_copy(const char *from, const char *to, const char *spec);
static void test_run_path(const char *run, char *path, size_t size);


static void
test_strike(void **state)
{
    char                        run[SANDBOX_RANDOM_LEN + 1], path[100];
    sandbox_store_owner_list_t  list;

    memset(&list, 0, sizeof(list));

    assert_fails(sandbox_store_owner_add(&list, "no run"), EINVAL);
    assert_fails(sandbox_store_owner_add(&list, ""), EINVAL);
    assert_int_equal(sandbox_store_owner_strike(test_store, &list), 0);

    test_create_as("app");
    (void) strcpy(run, test_spec.run);

    /* the run of a sandbox twice, as two containers may have its label */

    assert_int_equal(sandbox_store_owner_add(&list, run), 0);
    assert_int_equal(sandbox_store_owner_add(&list, TEST_RUN), 0);
    assert_int_equal(sandbox_store_owner_add(&list, run), 0);
    assert_int_equal(sandbox_store_owner_add(&list, TEST_RUN), 0);
    assert_int_equal(sandbox_store_owner_strike(test_store, &list), 0);
    assert_int_equal(list.n, 1);
    assert_string_equal(list.runs[0], TEST_RUN);

    /* it is not lost when .run is, and while it is being destroyed */

    test_run_path(run, path, sizeof(path));
    assert_int_equal(unlinkat(sandbox_store_fd(test_store), path,
                              AT_REMOVEDIR), 0);
    assert_int_equal(sandbox_store_owner_add(&list, run), 0);
    assert_int_equal(sandbox_store_owner_strike(test_store, &list), 0);
    assert_int_equal(list.n, 1);

    assert_int_equal(sandbox_store_trash(test_store, "app", run), 0);
    assert_int_equal(sandbox_store_owner_add(&list, run), 0);
    assert_int_equal(sandbox_store_owner_strike(test_store, &list), 0);
    assert_int_equal(list.n, 1);

    assert_int_equal(sandbox_store_trash_delete(test_store, run), 0);
    assert_int_equal(sandbox_store_owner_add(&list, run), 0);
    assert_int_equal(sandbox_store_owner_strike(test_store, &list), 0);
    assert_int_equal(list.n, 2);

    sandbox_store_owner_free(&list);
    assert_int_equal(list.n, 0);
}


static void
test_run_made(void **state)
{
    int          fd;
    char         path[100];
    struct stat  st;

    fd = sandbox_store_fd(test_store);

    test_create_as("app");
    test_run_path(test_spec.run, path, sizeof(path));

    assert_int_equal(sandbox_store_create_run(test_store, test_spec.run), 0);

    assert_int_equal(unlinkat(fd, path, AT_REMOVEDIR), 0);
    assert_int_equal(unlinkat(fd, ".run", AT_REMOVEDIR), 0);

    (void) umask(0077);
    assert_int_equal(sandbox_store_create_run(test_store, test_spec.run), 0);
    (void) umask(0022);

    assert_int_equal(fstatat(fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mode & 07777, 0711);
    assert_int_equal(fstatat(fd, ".run", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mode & 07777, 0711);

    /* what is there and is no directory is not taken for one */

    assert_int_equal(unlinkat(fd, path, AT_REMOVEDIR), 0);
    test_write(path, "");
    assert_int_equal(sandbox_store_create_run(test_store, test_spec.run), -1);
}


static void
test_copied(void **state)
{
    sandbox_spec_t  spec;

    test_create_as("app");
    assert_int_equal(sandbox_store_read(test_store, "app", &spec), 0);
    assert_string_equal(spec.id, "app");
    (void) strcpy(spec.owner, "alice");
    assert_int_equal(sandbox_store_update(test_store, "app", &spec), 0);
    sandbox_spec_free(&spec);

    test_copy("app", "copy", "{\"id\":\"app\",\"owner\":\"alice\","
                             "\"class\":\"default\",\"env\":{\"a\":\"b\"}}");

    assert_fails(sandbox_store_read(test_store, "copy", &spec), ENOTUNIQ);
    assert_string_equal(spec.id, "app");
    assert_string_equal(spec.owner, "alice");
    assert_null(spec.env);
    assert_fails(sandbox_store_owner_adopt(test_store, "copy"), ENOTUNIQ);

    assert_int_equal(sandbox_store_read(test_store, "app", &spec), 0);
    sandbox_spec_free(&spec);
}


static void
test_adopted(void **state)
{
    sandbox_spec_t  spec;

    static const char  old[] = "{\"v\":1,\"generation\":7,\"owner\":\"alice\","
                               "\"class\":\"default\",\"created_ms\":5}";

    test_create_as("app");
    test_write("app/spec.json", old);

    assert_int_equal(sandbox_store_read(test_store, "app", &spec), 0);
    assert_string_equal(spec.id, "");

    /* while there are two of them, neither is taken for the original */

    test_copy("app", "copy", old);
    assert_fails(sandbox_store_owner_adopt(test_store, "app"), ENOTUNIQ);
    assert_fails(sandbox_store_owner_adopt(test_store, "copy"), ENOTUNIQ);

    assert_int_equal(unlinkat(sandbox_store_fd(test_store), "copy/run", 0), 0);
    assert_int_equal(sandbox_store_owner_adopt(test_store, "app"), 0);

    assert_int_equal(sandbox_store_read(test_store, "app", &spec), 0);
    assert_string_equal(spec.id, "app");
    assert_string_equal(spec.owner, "alice");
    assert_int_equal(spec.generation, 7);
    assert_int_equal(spec.created_ms, 5);

    assert_int_equal(sandbox_store_owner_adopt(test_store, "app"), 0);
    assert_fails(sandbox_store_owner_adopt(test_store, "none"), ENOENT);
}


static void
test_paths(void **state)
{
    size_t  i;
    char    text[200];

    static const struct {
        const char  *text;
        const char  *masked;
    } cases[] = {
        { "", "" },
        { "/", "/" },
        { "/var/lib/x", "***" },
        { "source path does not exist: /var/lib/x/.run/abc",
          "source path does not exist: ***" },
        { "open \"/a/b c\": no", "open \"*** c\": no" },
        { "mkdir /sys/fs/cgroup/x: (see /etc/docker)",
          "mkdir ***: (see ***)" },
        { "bind=/s/t,ro", "bind=***,ro" },
        { "dial unix:/run/docker.sock", "dial unix:***" },
        { "no such image: reg.io/a/b:1", "no such image: reg.io/a/b:1" },
        { "see https://docs.docker.com/go/x/ and/or",
          "see https://docs.docker.com/go/x/ and/or" },
        { "1 / 2 // 3", "1 / 2 // 3" },
        { "/a /abcdef", "** ***" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void) strcpy(text, cases[i].text);
        sandbox_mask_path(text);
        assert_string_equal(text, cases[i].masked);
    }
}


static void
test_copy(const char *from, const char *to, const char *spec)
{
    int      fd;
    char     path[100], link[100];
    ssize_t  n;

    fd = sandbox_store_fd(test_store);

    assert_int_equal(mkdirat(fd, to, 0700), 0);
    (void) snprintf(path, sizeof(path), "%s/ports", to);
    assert_int_equal(mkdirat(fd, path, 0700), 0);

    (void) snprintf(path, sizeof(path), "%s/run", from);
    n = readlinkat(fd, path, link, sizeof(link) - 1);
    assert_true(n > 0);
    link[n] = '\0';

    (void) snprintf(path, sizeof(path), "%s/run", to);
    assert_int_equal(symlinkat(link, fd, path), 0);

    (void) snprintf(path, sizeof(path), "%s/lock", to);
    test_write(path, "");
    (void) snprintf(path, sizeof(path), "%s/spec.json", to);
    test_write(path, spec);
}


static void
test_run_path(const char *run, char *path, size_t size)
{
    (void) snprintf(path, size, ".run/%s", run);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test_in_store(test_strike),
        test_in_store(test_run_made),
        test_in_store(test_copied),
        test_in_store(test_adopted),
        cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
