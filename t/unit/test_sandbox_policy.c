
/*
 * Copyright (C) the ngx_sandbox authors
 */


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
#include <sys/file.h>
#include <time.h>

#include <cmocka.h>

#include "lib/sandbox_policy.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_agent.h"
#include "lib/sandbox_store_container.h"
#include "lib/sandbox_store_port.h"
#include "lib/sandbox_store_trash.h"
#include "store.h"


static void
test_policies(void **state)
{
    int                  fd;
    int64_t              before;
    uint16_t             ports[3];
    unsigned             i;
    struct timespec      now;
    sandbox_spec_t       spec;
    sandbox_policy_t     policy, read;
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
    assert_fails(sandbox_store_port_list(test_store, "app", ports, 3), ENOENT);

    test_create_as("app");

    assert_fails(sandbox_store_port_read(test_store, "app", 8080, &read),
                 ENOENT);
    assert_fails(sandbox_store_port_stamp(test_store, "app", 8080, &stamp),
                 ENOENT);
    assert_fails(sandbox_store_port_remove(test_store, "app", NULL, 8080),
                 ENOENT);
    assert_int_equal(sandbox_store_port_list(test_store, "app", ports, 3), 0);

    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);
    assert_int_equal(sandbox_store_port_read(test_store, "app", 8080, &read),
                     0);
    assert_int_equal(read.port, 8080);
    assert_string_equal(read.token, policy.token);
    assert_string_equal(read.name, policy.name);
    assert_string_equal(read.host, policy.host);
    assert_string_equal(read.run, test_spec.run);
    assert_int_equal(read.exposed_ms, policy.exposed_ms);
    assert_int_equal(sandbox_store_stamp_equal(&read.stamp, &policy.stamp), 1);
    assert_int_equal(sandbox_store_port_stamp(test_store, "app", 8080,
                                              &stamp), 0);
    assert_int_equal(sandbox_store_stamp_equal(&stamp, &policy.stamp), 1);

    /* every change is seen, however fast they follow */

    first = stamp;

    for (i = 0; i < 50; i++) {

        if (i % 2) {
            assert_int_equal(sandbox_store_port_remove(test_store, "app",
                                                       NULL, 8080), 0);
        }

        assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
        before = (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;

        assert_int_equal(sandbox_store_port_write(test_store, "app", &policy),
                         0);
        assert_int_equal(sandbox_store_stamp_equal(&stamp, &policy.stamp), 0);

        /* of the precise clock, not of the last tick */

        assert_true(policy.stamp.mtime_ns >= before);
        assert_int_equal(sandbox_store_stamp_equal(&first, &policy.stamp), 0);
        stamp = policy.stamp;
    }

    policy.port = 65535;
    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);
    policy.port = 1024;
    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);
    policy.port = 9000;
    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);

    assert_int_equal(sandbox_store_port_list(test_store, "app", ports, 3), 3);
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
    fd = openat(sandbox_store_fd(test_store), "app/ports/.tmp-abc", O_RDONLY);
    assert_int_equal(flock(fd, LOCK_EX|LOCK_NB), 0);
    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);
    assert_int_equal(test_exists("app/ports/.tmp-abc"), 1);
    close(fd);

    /* the container's file */

    assert_fails(sandbox_store_container_read(test_store, "app", &c), ENOENT);
    memset(&c, 0, sizeof(c));
    (void) strcpy(c.user, "1000:users");
    c.created_ms = 1763859968124;
    c.memory = INT64_C(1) << 40;
    c.nano_cpus = 62500000;
    c.disk = -1;
    assert_int_equal(sandbox_store_container_write(test_store, "app", &c), 0);
    memset(&c, 0, sizeof(c));
    assert_int_equal(sandbox_store_container_read(test_store, "app", &c), 0);
    assert_string_equal(c.user, "1000:users");
    assert_int_equal(c.created_ms, 1763859968124);
    assert_int_equal(c.memory, INT64_C(1) << 40);
    assert_int_equal(c.nano_cpus, 62500000);
    assert_int_equal(c.pids, 0);
    assert_int_equal(c.disk, -1);

    /* as an earlier version wrote it */

    test_write("app/container", "{\"v\":1,\"created_ms\":5,\"user\":\"\"}");
    assert_int_equal(sandbox_store_container_read(test_store, "app", &c), 0);
    assert_int_equal(c.created_ms, 5);
    assert_int_equal(c.memory, -1);
    assert_int_equal(c.pids, -1);

    test_write("app/container", "{\"v\":1,\"memory\":\"1\"}");
    assert_fails(sandbox_store_container_read(test_store, "app", &c),
                 EBADMSG);
    (void) strcpy(c.run, test_spec.run);
    assert_string_equal(c.run, test_spec.run);

    assert_int_equal(sandbox_store_container_remove(test_store, "app"), 0);
    assert_fails(sandbox_store_container_remove(test_store, "app"), ENOENT);
    assert_fails(sandbox_store_container_read(test_store, "app", &c), ENOENT);
    memset(&c, 0, sizeof(c));

    /* for a sandbox that was there before, nothing is written or removed */

    (void) strcpy(policy.run, test_spec.run);
    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);

    assert_int_equal(sandbox_store_trash(test_store, "app", test_spec.run), 0);
    assert_fails(sandbox_store_port_write(test_store, "app", &policy), ENOENT);

    spec = test_spec;
    test_create_as("app");

    assert_fails(sandbox_store_port_write(test_store, "app", &policy), ENOENT);
    (void) strcpy(c.run, spec.run);
    assert_fails(sandbox_store_container_write(test_store, "app", &c), ENOENT);
    assert_int_equal(sandbox_store_port_list(test_store, "app", ports, 3), 0);

    policy.run[0] = '\0';
    assert_int_equal(sandbox_store_port_write(test_store, "app", &policy), 0);
    assert_fails(sandbox_store_port_remove(test_store, "app", spec.run, 8080),
                 ENOENT);
    assert_int_equal(sandbox_store_port_remove(test_store, "app",
                                               test_spec.run, 8080), 0);
}


static void
test_agent(void **state)
{
    char         source[100], chunk[1000];
    size_t       i;
    struct stat  a, b;
    FILE        *file;

    (void) snprintf(source, sizeof(source), "%s/source", test_path);

    assert_fails(sandbox_store_agent(test_store, source, 1), ENOENT);
    test_write("source", "");
    assert_fails(sandbox_store_agent(test_store, source, 1), EINVAL);
    assert_fails(sandbox_store_agent(test_store, test_path, 1), EINVAL);
    assert_fails(sandbox_store_agent(test_store, "/dev/zero", 1), EINVAL);

    file = fopen(source, "w");
    assert_non_null(file);
    memset(chunk, 'x', sizeof(chunk));

    for (i = 0; i < 200; i++) {
        assert_int_equal(fwrite(chunk, sizeof(chunk), 1, file), 1);
    }

    assert_int_equal(fclose(file), 0);

    test_write(".agent/.agent-dead", "x");

    assert_int_equal(sandbox_store_agent(test_store, source, 1), 1);
    assert_int_equal(test_exists(".agent/.agent-dead"), 0);
    assert_int_equal(fstatat(sandbox_store_fd(test_store), ".agent/agent", &a,
                             0), 0);
    assert_int_equal(a.st_size, 200000);
    assert_int_equal(a.st_mode & 07777, 0755);
    assert_int_equal(sandbox_store_agent(test_store, source, 1), 0);

    /* one byte of the last chunk: by rename, so who runs the old one may */

    file = fopen(source, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    assert_int_equal(fputc('y', file), 'y');
    assert_int_equal(fclose(file), 0);

    assert_int_equal(sandbox_store_agent(test_store, source, 1), 1);
    assert_int_equal(fstatat(sandbox_store_fd(test_store), ".agent/agent", &b,
                             0), 0);
    assert_int_not_equal(a.st_ino, b.st_ino);
    assert_int_equal(b.st_size, 200000);
    assert_int_equal(sandbox_store_agent(test_store, source, 1), 0);

    assert_int_equal(truncate(source, (off_t) SANDBOX_AGENT_MAX + 1), 0);
    assert_fails(sandbox_store_agent(test_store, source, 1), EFBIG);
    assert_int_equal(test_exists(".agent/agent"), 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test_in_store(test_policies),
        test_in_store(test_agent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
