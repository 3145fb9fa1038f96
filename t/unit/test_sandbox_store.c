
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
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_create.h"
#include "lib/sandbox_store_lock.h"
#include "lib/sandbox_store_port.h"
#include "store.h"


static int test_first(void *data, const char *name);


static void
test_opening(void **state)
{
    char              path[200];
    struct stat       st;
    sandbox_store_t  *other;

    assert_string_equal(sandbox_store_path(test_store), test_path);
    assert_int_equal(strlen(sandbox_store_instance(test_store)),
                     SANDBOX_RANDOM_LEN);

    assert_int_equal(fstatat(sandbox_store_fd(test_store), ".run", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0711);
    assert_int_equal(fstatat(sandbox_store_fd(test_store), ".agent", &st, 0),
                     0);
    assert_int_equal(st.st_mode & 07777, 0755);

    /* a second process's, and a slash at the end */

    (void) snprintf(path, sizeof(path), "%s//", test_path);

    other = sandbox_store_open(path);
    assert_non_null(other);
    assert_string_equal(sandbox_store_path(other), test_path);
    assert_string_equal(sandbox_store_instance(other),
                        sandbox_store_instance(test_store));
    sandbox_store_close(other);

    /* made when missing, under whatever umask; not its parents */

    (void) snprintf(path, sizeof(path), "%s/sub", test_path);
    (void) umask(0077);
    other = sandbox_store_open(path);
    (void) umask(0022);
    assert_non_null(other);
    assert_int_equal(fstatat(sandbox_store_fd(other), ".run", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0711);
    assert_string_not_equal(sandbox_store_instance(other),
                            sandbox_store_instance(test_store));
    sandbox_store_close(other);

    (void) snprintf(path, sizeof(path), "%s/no/sub", test_path);
    assert_null(sandbox_store_open(path));
    assert_int_equal(errno, ENOENT);

    assert_null(sandbox_store_open("relative"));
    assert_int_equal(errno, EINVAL);
    assert_null(sandbox_store_open(""));
    assert_int_equal(errno, EINVAL);

    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[sandbox_store_path_max() + 1] = '\0';
    assert_null(sandbox_store_open(path));
    assert_int_equal(errno, ENAMETOOLONG);

    test_write("file", "");
    (void) snprintf(path, sizeof(path), "%s/file", test_path);
    assert_null(sandbox_store_open(path));
    assert_int_equal(errno, ENOTDIR);

    /* others may not write to it */

    assert_int_equal(chmod(test_path, 0777), 0);
    assert_null(sandbox_store_open(test_path));
    assert_int_equal(errno, EPERM);
    assert_int_equal(chmod(test_path, 0700), 0);

    /* a damaged name is not made anew: containers bear the old one */

    test_write("instance", "nonsense");
    assert_null(sandbox_store_open(test_path));
    assert_int_equal(errno, EBADMSG);
}


static void
test_path_room(void **state)
{
    char                 path[200], buf[200];
    size_t               n;
    struct sockaddr_un   sun;
    sandbox_store_t     *store;

    /* the longest path leaves room for the longest socket's name */

    (void) snprintf(path, sizeof(path), "%s/", test_path);
    memset(path + strlen(path), 'x', sizeof(path) - strlen(path));
    path[sandbox_store_path_max()] = '\0';

    store = sandbox_store_open(path);
    assert_non_null(store);

    n = sandbox_store_run_path(store, "abcdefghijklmnopqrstuvwxyz", buf,
                               sizeof(buf));
    assert_int_equal(n, strlen(buf));
    assert_int_equal(n + 1 + SANDBOX_SOCKET_MAX, sizeof(sun.sun_path) - 1);

    assert_int_equal(sandbox_store_run_path(store,
                                            "abcdefghijklmnopqrstuvwxyz", buf,
                                            n), 0);
    sandbox_store_close(store);
}


static void
test_creating(void **state)
{
    int              fd;
    char             path[200], run[SANDBOX_RANDOM_LEN + 1];
    struct stat      st;
    sandbox_spec_t   spec, read;
    sandbox_stamp_t  stamp;

    fd = sandbox_store_fd(test_store);

    memset(&spec, 0, sizeof(spec));
    (void) strcpy(spec.owner, "al\"ice \xc3\xa9");
    (void) strcpy(spec.class, "default");
    (void) strcpy(spec.nonce, "n-1");
    spec.sleep_after_ms = 600000;
    spec.keep_alive = 1;
    spec.env = "{\"A\":\"b\\n\",\"N\":null}";
    spec.labels = "{}";

    assert_fails(sandbox_store_read(test_store, "app", &read), ENOENT);
    assert_fails(sandbox_store_run(test_store, "app", run), ENOENT);
    assert_fails(sandbox_store_stamp(test_store, "app", &stamp), ENOENT);

    assert_int_equal(sandbox_store_create(test_store, "app", &spec), 0);
    assert_int_equal(strlen(spec.run), SANDBOX_RANDOM_LEN);
    assert_int_equal(spec.generation, 1);
    assert_true(spec.created_ms > 1600000000000);

    assert_int_equal(sandbox_store_read(test_store, "app", &read), 0);
    assert_string_equal(read.owner, spec.owner);
    assert_string_equal(read.class, spec.class);
    assert_string_equal(read.nonce, spec.nonce);
    assert_string_equal(read.run, spec.run);
    assert_string_equal(read.env, spec.env);
    assert_string_equal(read.labels, spec.labels);
    assert_int_equal(read.generation, 1);
    assert_int_equal(read.created_ms, spec.created_ms);
    assert_int_equal(read.sleep_after_ms, 600000);
    assert_int_equal(read.keep_alive, 1);

    assert_int_equal(sandbox_store_stamp(test_store, "app", &stamp), 0);
    assert_int_equal(sandbox_store_stamp_equal(&stamp, &read.stamp), 1);
    sandbox_spec_free(&read);

    assert_int_equal(sandbox_store_run(test_store, "app", run), 0);
    assert_string_equal(run, spec.run);

    (void) snprintf(path, sizeof(path), ".run/%s", run);
    assert_int_equal(fstatat(fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mode & 07777, 0711);
    assert_int_equal(fstatat(fd, "app/run/.", &st, 0), 0);
    assert_int_equal(fstatat(fd, "app/ports", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(fstatat(fd, "app/spec.json", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0600);

    assert_fails(sandbox_store_create(test_store, "app", &spec), EEXIST);
    assert_string_equal(spec.run, "");

    /* what is refused leaves nothing behind */

    spec.env = "[1]";
    assert_fails(sandbox_store_create(test_store, "b", &spec), EINVAL);
    spec.env = "{\"a\":1} ";
    assert_fails(sandbox_store_create(test_store, "b", &spec), EINVAL);
    spec.env = "{\"a\":[]}";
    assert_fails(sandbox_store_create(test_store, "b", &spec), EINVAL);
    spec.env = "";
    assert_fails(sandbox_store_create(test_store, "b", &spec), EINVAL);
    spec.env = NULL;
    spec.class[0] = '\0';
    assert_fails(sandbox_store_create(test_store, "b", &spec), EINVAL);
    assert_int_equal(test_exists("b"), 0);

    /* another sandbox has another stamp and run */

    test_create_as("c");
    assert_int_equal(sandbox_store_read(test_store, "c", &read), 0);
    assert_int_equal(sandbox_store_stamp_equal(&stamp, &read.stamp), 0);
    assert_string_not_equal(read.run, run);
    assert_int_equal(read.sleep_after_ms, -1);
    assert_int_equal(read.keep_alive, -1);
    assert_null(read.env);
    sandbox_spec_free(&read);
}


static void
test_big_spec(void **state)
{
    char            *env;
    sandbox_spec_t   spec, read;

    memset(&spec, 0, sizeof(spec));
    (void) strcpy(spec.class, "default");
    spec.sleep_after_ms = -1;
    spec.keep_alive = -1;

    env = malloc(SANDBOX_SPEC_MAX + 64);
    assert_non_null(env);

    (void) strcpy(env, "{\"A\":\"");
    memset(env + 6, 'x', SANDBOX_SPEC_MAX);
    (void) strcpy(env + 6 + SANDBOX_SPEC_MAX - 300, "\"}");
    spec.env = env;

    assert_int_equal(sandbox_store_create(test_store, "big", &spec), 0);
    assert_int_equal(sandbox_store_read(test_store, "big", &read), 0);
    assert_string_equal(read.env, env);
    sandbox_spec_free(&read);

    memset(env + 6, 'x', SANDBOX_SPEC_MAX);
    (void) strcpy(env + 6 + SANDBOX_SPEC_MAX - 8, "\"}");
    assert_fails(sandbox_store_create(test_store, "big2", &spec), EFBIG);
    assert_int_equal(test_exists("big2"), 0);

    free(env);
}


static void
test_damage(void **state)
{
    int               fd;
    char              run[SANDBOX_RANDOM_LEN + 1];
    size_t            i;
    uint16_t          ports[4];
    sandbox_spec_t    spec;
    sandbox_stamp_t   stamp;
    sandbox_policy_t  policy;

    static const char  *bad[] = {
        "", "{", "[]", "null", "{}", "{\"class\":1}", "{\"class\":\"\"}",
        "{\"class\":\"a\"", "{\"class\":\"a\"}x", "{\"v\":2,\"class\":\"a\"}",
        "{\"class\":\"a\",\"env\":1}", "{\"class\":\"a\",\"env\":{\"a\":{}}}",
        "{\"class\":\"a\",\"created_ms\":-1}",
        "{\"class\":\"a\",\"created_ms\":1.5}",
        "{\"class\":\"a\",\"created_ms\":1e999}",
        "{\"class\":\"a\",\"keep_alive\":1}",
        "{\"class\":\"a23456789012345678901234567890123\"}", NULL
    };

    fd = sandbox_store_fd(test_store);

    test_create_as("app");

    for (i = 0; bad[i]; i++) {
        test_write("app/spec.json", bad[i]);
        assert_fails(sandbox_store_read(test_store, "app", &spec), EBADMSG);
        assert_null(spec.env);
    }

    test_write("app/spec.json", "{\"class\":\"a\"}\n");
    assert_int_equal(sandbox_store_read(test_store, "app", &spec), 0);

    /* neither followed nor waited for */

    assert_int_equal(unlinkat(fd, "app/spec.json", 0), 0);
    assert_fails(sandbox_store_read(test_store, "app", &spec), EBADMSG);

    assert_int_equal(symlinkat("../instance", fd, "app/spec.json"), 0);
    assert_fails(sandbox_store_read(test_store, "app", &spec), EBADMSG);

    assert_int_equal(unlinkat(fd, "app/spec.json", 0), 0);
    assert_int_equal(mkfifoat(fd, "app/spec.json", 0600), 0);
    assert_fails(sandbox_store_read(test_store, "app", &spec), EBADMSG);

    assert_int_equal(unlinkat(fd, "app/spec.json", 0), 0);
    assert_int_equal(mkdirat(fd, "app/spec.json", 0700), 0);
    assert_fails(sandbox_store_read(test_store, "app", &spec), EBADMSG);

    /* run leads nowhere but to .run */

    test_create_as("b");
    assert_int_equal(unlinkat(fd, "b/run", 0), 0);
    assert_fails(sandbox_store_read(test_store, "b", &spec), EBADMSG);
    assert_int_equal(symlinkat("../.run/../../etc", fd, "b/run"), 0);
    assert_fails(sandbox_store_run(test_store, "b", run), EBADMSG);
    assert_fails(sandbox_store_read(test_store, "b", &spec), EBADMSG);

    /* an id that is no directory, or somebody else's */

    test_write("file", "x");
    assert_fails(sandbox_store_read(test_store, "file", &spec), ENOENT);
    assert_fails(sandbox_store_stamp(test_store, "file", &stamp), ENOENT);
    assert_fails(sandbox_store_port_stamp(test_store, "file", 8080, &stamp),
                 ENOENT);
    assert_int_equal(symlinkat("app", fd, "link"), 0);
    assert_fails(sandbox_store_read(test_store, "link", &spec), ENOENT);

    /* policies */

    test_create_as("c");
    test_write("c/ports/8080", "{\"token\":\"a-b\"}");
    assert_fails(sandbox_store_port_read(test_store, "c", 8080, &policy),
                 EBADMSG);
    test_write("c/ports/00081", "");
    test_write("c/ports/70000", "");
    test_write("c/ports/80", "");
    assert_int_equal(mkdirat(fd, "c/ports/9000", 0700), 0);
    assert_int_equal(sandbox_store_port_list(test_store, "c", ports, 4), 1);
    assert_int_equal(ports[0], 8080);
}


/* what the store keeps beside the sandboxes must not have the name of one */

static void
test_own_names(void **state)
{
    DIR             *dir;
    unsigned         n;
    struct dirent   *entry;

    dir = sandbox_file_list(sandbox_store_fd(test_store), ".");
    assert_non_null(dir);

    for (n = 0; sandbox_file_next(dir, &entry) == 1; n++) {
        assert_int_equal(sandbox_name_id_valid(entry->d_name,
                                               strlen(entry->d_name)),
                         0);
    }

    closedir(dir);

    assert_true(n >= 3);
}


static void
test_walking(void **state)
{
    test_names_t  names;

    memset(&names, 0, sizeof(names));
    assert_int_equal(sandbox_store_each(test_store, test_collect, &names), 0);
    assert_int_equal(names.n, 0);

    test_create_as("a");
    test_create_as("b-1");
    test_write("file", "");
    assert_int_equal(mkdirat(sandbox_store_fd(test_store), "lost+found", 0700),
                     0);
    assert_int_equal(mkdirat(sandbox_store_fd(test_store), "www", 0700), 0);
    assert_int_equal(symlinkat("a", sandbox_store_fd(test_store), "link"), 0);

    assert_int_equal(sandbox_store_each(test_store, test_collect, &names), 0);
    assert_int_equal(names.n, 2);
    assert_string_not_equal(names.names[0], names.names[1]);
    assert_true(strcmp(names.names[0], "a") == 0
                || strcmp(names.names[0], "b-1") == 0);

    names.n = 0;
    assert_int_equal(sandbox_store_each(test_store, test_first, &names), 0);
    assert_int_equal(names.n, 1);
}


static void
test_updating(void **state)
{
    int             fd, dir;
    char           *big;
    sandbox_spec_t  a, b, gone;

    test_create_as("app");

    assert_int_equal(sandbox_store_read(test_store, "app", &a), 0);
    assert_int_equal(sandbox_store_read(test_store, "app", &b), 0);
    assert_int_equal(sandbox_store_read(test_store, "app", &gone), 0);

    a.sleep_after_ms = 1000;
    a.max_age_ms = 2000;
    a.keep_alive = 1;
    a.env = strdup("{\"A\":\"1\"}");
    assert_int_equal(sandbox_store_update(test_store, "app", &a), 0);
    assert_int_equal(a.generation, 2);

    /* b was read before that */

    b.sleep_after_ms = 9000;
    assert_fails(sandbox_store_update(test_store, "app", &b), ESTALE);
    assert_int_equal(b.generation, 1);
    sandbox_spec_free(&b);

    assert_int_equal(sandbox_store_read(test_store, "app", &b), 0);
    assert_int_equal(sandbox_store_stamp_equal(&a.stamp, &b.stamp), 1);
    assert_string_equal(b.run, a.run);
    assert_int_equal(b.sleep_after_ms, 1000);
    assert_int_equal(b.max_age_ms, 2000);
    assert_int_equal(b.keep_alive, 1);
    assert_int_equal(b.created_ms, a.created_ms);
    assert_int_equal(b.generation, 2);
    assert_string_equal(b.env, "{\"A\":\"1\"}");

    /* with the stamp of its own write it goes on */

    a.sleep_after_ms = -1;
    assert_int_equal(sandbox_store_update(test_store, "app", &a), 0);

    /* somebody else is at it */

    dir = sandbox_file_dir(sandbox_store_fd(test_store), "app");
    assert_true(dir >= 0);
    assert_int_equal(flock(dir, LOCK_EX|LOCK_NB), 0);
    assert_fails(sandbox_store_update(test_store, "app", &a), EWOULDBLOCK);
    close(dir);

    /* the lock of starts is another */

    fd = sandbox_store_lock(test_store, "app");
    assert_true(fd >= 0);
    assert_int_equal(sandbox_store_update(test_store, "app", &a), 0);
    close(fd);

    /* what cannot be written leaves the old one */

    big = malloc(SANDBOX_SPEC_MAX + 100);
    assert_non_null(big);
    memset(big, 'x', SANDBOX_SPEC_MAX + 99);
    memcpy(big, "{\"A\":\"", 6);
    strcpy(big + SANDBOX_SPEC_MAX + 90, "\"}");
    free(a.labels);
    a.labels = big;
    assert_fails(sandbox_store_update(test_store, "app", &a), EFBIG);
    free(a.labels);
    a.labels = strdup("[]");
    assert_fails(sandbox_store_update(test_store, "app", &a), EINVAL);
    sandbox_spec_free(&b);
    assert_int_equal(sandbox_store_read(test_store, "app", &b), 0);
    assert_null(b.labels);
    assert_string_equal(b.env, "{\"A\":\"1\"}");

    /* another sandbox of the same name */

    test_destroy_app();
    assert_fails(sandbox_store_update(test_store, "app", &gone), ENOENT);
    test_create_as("app");
    assert_fails(sandbox_store_update(test_store, "app", &gone), ENOENT);
    assert_fails(sandbox_store_update(test_store, "none", &gone), ENOENT);

    sandbox_spec_free(&a);
    sandbox_spec_free(&b);
    sandbox_spec_free(&gone);

    assert_int_equal(sandbox_store_read(test_store, "app", &a), 0);
    assert_int_equal(a.sleep_after_ms, -1);
    sandbox_spec_free(&a);
}


static int
test_first(void *data, const char *name)
{
    (void) test_collect(data, name);

    return 1;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test_in_store(test_opening),
        test_in_store(test_path_room),
        test_in_store(test_creating),
        test_in_store(test_big_spec),
        test_in_store(test_damage),
        test_in_store(test_updating),
        test_in_store(test_own_names),
        test_in_store(test_walking),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
