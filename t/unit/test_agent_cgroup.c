
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


static void
test_v1(void **state)
{
    put("memory/memory.usage_in_bytes", "1000000\n");
    put("memory/memory.stat", "inactive_file 1\ntotal_inactive_file 400\n");
    put("pids/pids.current", "3\n");
    put("cpuacct/cpuacct.usage", "12345678901\n");

    expect(999600, 3, 12345);
}


static void
test_absent(void **state)
{
    expect(-1, -1, -1);

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


static void
test_limit(void **state)
{
    assert_int_equal(agent_cgroup_memory_limit(path), -1);

    put("memory/memory.limit_in_bytes", "268435456\n");
    assert_int_equal(agent_cgroup_memory_limit(path), 268435456);

    put("memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(agent_cgroup_memory_limit(path), -1);

    put("memory.max", "max\n");
    assert_int_equal(agent_cgroup_memory_limit(path), -1);

    put("memory.max", "1048576\n");
    assert_int_equal(agent_cgroup_memory_limit(path), 1048576);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_v2, setup, teardown),
        cmocka_unit_test_setup_teardown(test_v1, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
