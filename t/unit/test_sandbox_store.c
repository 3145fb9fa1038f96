
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

#include "sandbox_store.h"
#include "temp.h"


#define assert_fails(call, code)                                              \
    do {                                                                      \
        errno = 0;                                                            \
        assert_int_equal((long) (call), -1);                                  \
        assert_int_equal(errno, code);                                        \
    } while (0)


typedef struct {
    unsigned  n;
    char      names[64][SANDBOX_ID_MAX + 1];
} test_names_t;


static void test_create_as(const char *id);
static void test_write(const char *name, const char *text);
static int test_exists(const char *name);
static int test_collect(void *data, const char *name);
static int test_first(void *data, const char *name);


static char              test_path[sizeof(TEMP_TEMPLATE)];
static sandbox_store_t  *test_store;
static sandbox_spec_t    test_spec;


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
    path[sandbox_path_max() + 1] = '\0';
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
    path[sandbox_path_max()] = '\0';

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
    assert_int_equal(sandbox_stamp_equal(&stamp, &read.stamp), 1);
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
    assert_int_equal(sandbox_stamp_equal(&stamp, &read.stamp), 0);
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
    int              fd;
    char             run[SANDBOX_RANDOM_LEN + 1];
    size_t           i;
    uint16_t         ports[4];
    sandbox_spec_t   spec;
    sandbox_port_t   policy;

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
    assert_fails(sandbox_store_read(test_store, "file", &spec), EBADMSG);
    assert_int_equal(symlinkat("app", fd, "link"), 0);
    assert_fails(sandbox_store_read(test_store, "link", &spec), EBADMSG);

    /* policies */

    test_create_as("c");
    test_write("c/ports/8080", "{\"token\":\"a-b\"}");
    assert_fails(sandbox_store_port_read(test_store, "c", 8080, &policy),
                 EBADMSG);
    test_write("c/ports/00081", "");
    test_write("c/ports/70000", "");
    test_write("c/ports/80", "");
    assert_int_equal(mkdirat(fd, "c/ports/9000", 0700), 0);
    assert_int_equal(sandbox_store_ports(test_store, "c", ports, 4), 1);
    assert_int_equal(ports[0], 8080);
}


static void
test_policies(void **state)
{
    uint16_t             ports[3];
    unsigned             i;
    sandbox_spec_t       spec;
    sandbox_port_t       policy, read;
    sandbox_stamp_t      stamp, first;
    sandbox_container_t  c;

    memset(&policy, 0, sizeof(policy));
    policy.port = 8080;
    (void) strcpy(policy.token, "k3x9q0v7m2t5c1wz");
    (void) strcpy(policy.name, "web \"1\"");
    (void) strcpy(policy.host, "preview.example.com");
    policy.exposed_ms = 1763859968123;

    assert_fails(sandbox_store_port_write(test_store, "app", &policy), ENOENT);
    assert_fails(sandbox_store_port_read(test_store, "app", 8080, &read),
                 ENOENT);
    assert_fails(sandbox_store_ports(test_store, "app", ports, 3), ENOENT);

    test_create_as("app");

    assert_fails(sandbox_store_port_read(test_store, "app", 8080, &read),
                 ENOENT);
    assert_fails(sandbox_store_port_stamp(test_store, "app", 8080, &stamp),
                 ENOENT);
    assert_fails(sandbox_store_port_remove(test_store, "app", NULL, 8080),
                 ENOENT);
    assert_int_equal(sandbox_store_ports(test_store, "app", ports, 3), 0);

    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);
    assert_int_equal(sandbox_store_port_read(test_store, "app", 8080, &read),
                     0);
    assert_int_equal(read.port, 8080);
    assert_string_equal(read.token, policy.token);
    assert_string_equal(read.name, policy.name);
    assert_string_equal(read.host, policy.host);
    assert_string_equal(read.run, test_spec.run);
    assert_int_equal(read.exposed_ms, policy.exposed_ms);
    assert_int_equal(sandbox_stamp_equal(&read.stamp, &policy.stamp), 1);
    assert_int_equal(sandbox_store_port_stamp(test_store, "app", 8080,
                                              &stamp), 0);
    assert_int_equal(sandbox_stamp_equal(&stamp, &policy.stamp), 1);

    /* every change is seen, however fast they follow */

    first = stamp;

    for (i = 0; i < 50; i++) {

        if (i % 2) {
            assert_int_equal(sandbox_store_port_remove(test_store, "app",
                                                       NULL, 8080), 0);
        }

        assert_int_equal(sandbox_store_port_write(test_store, "app", &policy),
                         0);
        assert_int_equal(sandbox_stamp_equal(&stamp, &policy.stamp), 0);
        assert_int_equal(sandbox_stamp_equal(&first, &policy.stamp), 0);
        stamp = policy.stamp;
    }

    policy.port = 65535;
    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);
    policy.port = 1024;
    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);
    policy.port = 9000;
    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);

    assert_int_equal(sandbox_store_ports(test_store, "app", ports, 3), 3);
    assert_int_equal(ports[0], 1024);
    assert_int_equal(ports[1], 8080);
    assert_int_equal(ports[2], 9000);

    policy.port = 1023;
    assert_fails(sandbox_store_port_write(test_store, "app", &policy), EINVAL);
    policy.port = 8080;
    policy.token[0] = '-';
    assert_fails(sandbox_store_port_write(test_store, "app", &policy), EINVAL);
    policy.token[0] = 'k';

    /* an interrupted writer's file goes, a living one's stays */

    test_write("app/ports/.tmp-abc", "{");
    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);
    assert_int_equal(test_exists("app/ports/.tmp-abc"), 0);

    test_write("app/ports/.tmp-abc", "{");
    {
        int  fd;

        fd = openat(sandbox_store_fd(test_store), "app/ports/.tmp-abc",
                    O_RDONLY);
        assert_int_equal(flock(fd, LOCK_EX|LOCK_NB), 0);
        assert_int_equal(sandbox_store_port_write(test_store, "app", &policy),
                         0);
        assert_int_equal(test_exists("app/ports/.tmp-abc"), 1);
        close(fd);
    }

    /* the container's file */

    assert_fails(sandbox_store_container_read(test_store, "app", &c), ENOENT);
    memset(&c, 0, sizeof(c));
    (void) strcpy(c.user, "1000:users");
    c.created_ms = 1763859968124;
    assert_int_equal(sandbox_store_container_write(test_store, "app", &c), 0);
    memset(&c, 0, sizeof(c));
    assert_int_equal(sandbox_store_container_read(test_store, "app", &c), 0);
    assert_string_equal(c.user, "1000:users");
    assert_int_equal(c.created_ms, 1763859968124);
    assert_string_equal(c.run, test_spec.run);

    /* for a sandbox that was there before, nothing is written or removed */

    (void) strcpy(policy.run, test_spec.run);
    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);

    assert_int_equal(sandbox_store_trash(test_store, "app", test_spec.run), 0);
    assert_fails(sandbox_store_port_write(test_store, "app", &policy), ENOENT);

    spec = test_spec;
    test_create_as("app");

    assert_fails(sandbox_store_port_write(test_store, "app", &policy), ENOENT);
    assert_fails(sandbox_store_container_write(test_store, "app", &c), ENOENT);
    assert_int_equal(sandbox_store_ports(test_store, "app", ports, 3), 0);

    policy.run[0] = '\0';
    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);
    assert_fails(sandbox_store_port_remove(test_store, "app", spec.run, 8080),
                 ENOENT);
    assert_int_equal(sandbox_store_port_remove(test_store, "app",
                                               test_spec.run, 8080), 0);
}


static void
test_locking(void **state)
{
    int  a, b;

    assert_fails(sandbox_store_lock(test_store, "app"), ENOENT);
    assert_fails(sandbox_store_locked(test_store, "app"), ENOENT);

    test_create_as("app");

    assert_int_equal(sandbox_store_locked(test_store, "app"), 0);
    a = sandbox_store_lock(test_store, "app");
    assert_true(a >= 0);
    assert_int_equal(fcntl(a, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(sandbox_store_locked(test_store, "app"), 1);
    assert_fails(sandbox_store_lock(test_store, "app"), EWOULDBLOCK);

    /* the lock goes with the sandbox, the name to the next one */

    assert_int_equal(sandbox_store_trash(test_store, "app", test_spec.run), 0);
    assert_fails(sandbox_store_lock(test_store, "app"), ENOENT);
    test_create_as("app");
    b = sandbox_store_lock(test_store, "app");
    assert_true(b >= 0);
    close(a);
    assert_int_equal(sandbox_store_locked(test_store, "app"), 1);
    close(b);
    assert_int_equal(sandbox_store_locked(test_store, "app"), 0);

    a = sandbox_store_elect(test_store);
    assert_true(a >= 0);
    assert_fails(sandbox_store_elect(test_store), EWOULDBLOCK);
    close(a);
    a = sandbox_store_elect(test_store);
    assert_true(a >= 0);
    close(a);
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
    assert_int_equal(sandbox_store_sweep(test_store, test_collect, &names), 0);
    assert_int_equal(names.n, 0);
    close(lock);

    assert_int_equal(sandbox_store_sweep(test_store, test_collect, &names), 0);
    assert_int_equal(names.n, 1);
    assert_string_equal(names.names[0], run);
    (void) snprintf(path, sizeof(path), ".run/%s", run);
    assert_int_equal(test_exists(path), 1);

    assert_int_equal(sandbox_store_delete(test_store, run), 0);
    assert_int_equal(test_exists(path), 0);
    (void) snprintf(path, sizeof(path), ".trash-%s", run);
    assert_int_equal(test_exists(path), 0);
    assert_int_equal(sandbox_store_delete(test_store, run), 0);

    assert_fails(sandbox_store_delete(test_store, "../app"), EINVAL);
    assert_fails(sandbox_store_delete(test_store, ""), EINVAL);

    /* what somebody else put there is not walked into */

    test_create_as("app");
    (void) strcpy(run, test_spec.run);
    assert_int_equal(mkdirat(fd, "app/mine", 0700), 0);
    test_write("app/mine/file", "");
    assert_int_equal(symlinkat("../../file", fd, "app/ports/link"), 0);
    test_write("file", "kept");
    assert_int_equal(sandbox_store_trash(test_store, "app", run), 0);
    assert_fails(sandbox_store_delete(test_store, run), ENOTEMPTY);
    (void) snprintf(path, sizeof(path), ".trash-%s/mine/file", run);
    assert_int_equal(test_exists(path), 1);
    assert_int_equal(test_exists("file"), 1);
}


static void
test_agent(void **state)
{
    char         source[100], chunk[1000];
    size_t       i;
    struct stat  a, b;
    FILE        *file;

    (void) snprintf(source, sizeof(source), "%s/source", test_path);

    assert_fails(sandbox_store_agent(test_store, source), ENOENT);
    test_write("source", "");
    assert_fails(sandbox_store_agent(test_store, source), EINVAL);
    assert_fails(sandbox_store_agent(test_store, test_path), EINVAL);
    assert_fails(sandbox_store_agent(test_store, "/dev/zero"), EINVAL);

    file = fopen(source, "w");
    assert_non_null(file);
    memset(chunk, 'x', sizeof(chunk));

    for (i = 0; i < 200; i++) {
        assert_int_equal(fwrite(chunk, sizeof(chunk), 1, file), 1);
    }

    assert_int_equal(fclose(file), 0);

    test_write(".agent/.agent-dead", "x");

    assert_int_equal(sandbox_store_agent(test_store, source), 1);
    assert_int_equal(test_exists(".agent/.agent-dead"), 0);
    assert_int_equal(fstatat(sandbox_store_fd(test_store), ".agent/agent", &a,
                             0), 0);
    assert_int_equal(a.st_size, 200000);
    assert_int_equal(a.st_mode & 07777, 0755);
    assert_int_equal(sandbox_store_agent(test_store, source), 0);

    /* one byte of the last chunk: by rename, so who runs the old one may */

    file = fopen(source, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    assert_int_equal(fputc('y', file), 'y');
    assert_int_equal(fclose(file), 0);

    assert_int_equal(sandbox_store_agent(test_store, source), 1);
    assert_int_equal(fstatat(sandbox_store_fd(test_store), ".agent/agent", &b,
                             0), 0);
    assert_int_not_equal(a.st_ino, b.st_ino);
    assert_int_equal(b.st_size, 200000);
    assert_int_equal(sandbox_store_agent(test_store, source), 0);

    assert_int_equal(truncate(source, (off_t) SANDBOX_AGENT_MAX + 1), 0);
    assert_fails(sandbox_store_agent(test_store, source), EFBIG);
    assert_int_equal(test_exists(".agent/agent"), 1);
}


static void
test_create_as(const char *id)
{
    memset(&test_spec, 0, sizeof(test_spec));
    (void) strcpy(test_spec.class, "default");
    test_spec.sleep_after_ms = -1;
    test_spec.keep_alive = -1;

    assert_int_equal(sandbox_store_create(test_store, id, &test_spec), 0);
}


static void
test_write(const char *name, const char *text)
{
    int  fd;

    fd = openat(sandbox_store_fd(test_store), name,
                O_WRONLY|O_CREAT|O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}


static int
test_exists(const char *name)
{
    return faccessat(sandbox_store_fd(test_store), name, F_OK, 0) == 0;
}


static int
test_collect(void *data, const char *name)
{
    test_names_t  *names;

    names = data;

    assert_true(names->n < 64);
    (void) snprintf(names->names[names->n++], SANDBOX_ID_MAX + 1, "%s", name);

    return 0;
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
        cmocka_unit_test_setup_teardown(test_opening, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_path_room, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_creating, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_big_spec, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_damage, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_policies, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_locking, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_walking, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_deleting, test_setup,
                                        test_teardown),
        cmocka_unit_test_setup_teardown(test_agent, test_setup,
                                        test_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
