
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/cgroup.h"
#include "temp.h"


static char  path[sizeof(TEMP_TEMPLATE)];


static int
setup(void **state)
{
    temp_make(path);

    return 0;
}


static int
teardown(void **state)
{
    temp_remove(path);

    return 0;
}


static void
put(const char *name, const char *text)
{
    int   fd;
    char  file[512], *slash;

    (void) snprintf(file, sizeof(file), "%s/%s", path, name);

    slash = strchr(name, '/');

    if (slash) {
        file[strlen(path) + 1 + (slash - name)] = '\0';
        (void) mkdir(file, 0700);
        file[strlen(path) + 1 + (slash - name)] = '/';
    }

    fd = open(file, O_WRONLY|O_CREAT|O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}


static void
take(const char *name)
{
    char  file[512];

    (void) snprintf(file, sizeof(file), "%s/%s", path, name);
    assert_int_equal(unlink(file), 0);
}


static void
expect(int64_t memory, int64_t pids, int64_t cpu_ms)
{
    agent_cgroup_usage_t  usage;

    memset(&usage, 1, sizeof(usage));

    agent_cgroup_usage(&usage, path);

    assert_int_equal(usage.memory, memory);
    assert_int_equal(usage.pids, pids);
    assert_int_equal(usage.cpu_ms, cpu_ms);
}


static void
test_v2(void **state)
{
    put("cgroup.type", "domain\n");
    put("memory.current", "1000000\n");
    put("memory.stat", "anon 5\nactive_file 7\ninactive_file 400000\nx 1\n");
    put("pids.current", "17\n");
    put("cpu.stat", "usage_usec 2500999\nuser_usec 1\n");

    expect(600000, 17, 2500);

    /* the cache is counted a moment later */

    put("memory.stat", "inactive_file 2000000\n");
    expect(0, 17, 2500);

    put("memory.stat", "inactive_files 5\n");
    expect(1000000, 17, 2500);
}


/* as a user's own engine sees it that was given the pids controller only */

static void
test_v2_delegated(void **state)
{
    put("cgroup.type", "domain\n");
    put("pids.current", "17\n");
    put("cpu.stat", "usage_usec 2500999\n");

    expect(-1, 17, 2500);
    assert_int_equal(agent_cgroup_memory_limit(path), -1);

    put("memory.current", "1000000\n");
    take("pids.current");
    take("cpu.stat");

    expect(1000000, -1, -1);
}


/* the group of the whole machine: nothing there is of this container */

static void
test_v2_root(void **state)
{
    put("cpu.stat", "usage_usec 2500999\n");
    put("memory.stat", "inactive_file 1\n");
    put("cgroup.procs", "1\n");

    expect(-1, -1, -1);
}


static void
test_v1(void **state)
{
    put("memory/memory.usage_in_bytes", "1000000\n");
    put("memory/memory.stat", "inactive_file 1\ntotal_inactive_file 400\n");
    put("pids/pids.current", "3\n");
    put("cpuacct/cpuacct.usage", "12345678901\n");

    expect(999600, 3, 12345);

    /* hybrid: the second hierarchy has no controllers */

    put("unified/cgroup.type", "domain\n");
    put("unified/cpu.stat", "usage_usec 1\n");

    expect(999600, 3, 12345);

    take("memory/memory.usage_in_bytes");
    expect(-1, 3, 12345);
}


static void
test_absent(void **state)
{
    expect(-1, -1, -1);

    put("cgroup.type", "domain\n");
    put("memory.current", "max\n");
    expect(-1, -1, -1);

    put("memory.current", "-5\n");
    expect(-1, -1, -1);

    put("memory.current", "12\n");
    put("pids.current", "99999999999999999999\n");
    put("cpu.stat", "usage_usec x\n");
    expect(12, -1, -1);

    put("pids.current", "");
    expect(12, -1, -1);
}


/* a line that is not whole is not read as a smaller number */

static void
test_cut(void **state)
{
    char    text[8192 + 64];
    size_t  n;

    put("cgroup.type", "domain\n");

    for (n = 8191; n > 8191 - 24; n--) {
        memset(text, 'x', n);
        (void) snprintf(text + n - 1, 33, "\nusage_usec 1234567890\n");
        text[0] = '\n';
        put("cpu.stat", text);

        expect(-1, -1, n <= 8191 - 22 ? 1234567 : -1);
    }
}


static void
test_limit(void **state)
{
    assert_int_equal(agent_cgroup_memory_limit(path), -1);

    put("memory/memory.limit_in_bytes", "268435456\n");
    assert_int_equal(agent_cgroup_memory_limit(path), 268435456);

    put("memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(agent_cgroup_memory_limit(path), -1);

    put("cgroup.type", "domain\n");
    put("memory.max", "max\n");
    assert_int_equal(agent_cgroup_memory_limit(path), -1);

    put("memory.max", "1048576\n");
    assert_int_equal(agent_cgroup_memory_limit(path), 1048576);
}


static void
expect_kills(const char *text, int64_t n)
{
    int   fd;
    char  file[512];

    put("events", text);

    (void) snprintf(file, sizeof(file), "%s/events", path);
    fd = open(file, O_RDONLY);
    assert_true(fd >= 0);

    /* it is read again and again */

    assert_int_equal(agent_cgroup_oom_kills_read(fd), n);
    assert_int_equal(agent_cgroup_oom_kills_read(fd), n);
    close(fd);
}


static void
test_oom_kills(void **state)
{
    expect_kills("low 0\nhigh 0\nmax 9\noom 4\noom_kill 3\n"
                 "oom_group_kill 2\n", 3);
    expect_kills("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n", 7);

    /* Linux before 4.13 */

    expect_kills("oom_kill_disable 0\nunder_oom 0\n", -1);
    expect_kills("", -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_v2, setup, teardown),
        cmocka_unit_test_setup_teardown(test_v2_delegated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_v2_root, setup, teardown),
        cmocka_unit_test_setup_teardown(test_v1, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_oom_kills, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
