
/*
 * Copyright (C) the ngx_sandbox authors
 */


#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sandbox_sysctl.h"
#include "temp.h"


static char              path[sizeof(TEMP_TEMPLATE)];
static sandbox_sysctl_t  low[SANDBOX_SYSCTL_MAX];


static int
setup(void **state)
{
    char  command[256];

    temp_make(path);

    (void) snprintf(command, sizeof(command),
                    "mkdir -p %s/sys/fs/inotify %s/sys/fs/epoll "
                    "%s/sys/kernel/pty %s/sys/net/ipv4/neigh/default",
                    path, path, path, path);

    return system(command);
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
    char   file[256];
    FILE  *f;

    (void) snprintf(file, sizeof(file), "%s/%s", path, name);

    f = fopen(file, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}


static void
put_all(const char *instances, const char *watches, const char *epoll,
    const char *pipe, const char *aio, const char *files, const char *pty)
{
    put("sys/fs/inotify/max_user_instances", instances);
    put("sys/fs/inotify/max_user_watches", watches);
    put("sys/fs/epoll/max_user_watches", epoll);
    put("sys/fs/pipe-user-pages-soft", pipe);
    put("sys/fs/aio-max-nr", aio);
    put("sys/fs/file-max", files);
    put("sys/kernel/pty/max", pty);
    put("sys/kernel/pid_max", "4194304\n");
}


static void
test_defaults(void **state)
{
    size_t  i, n;

    static const char  *names[] = {
        "fs.inotify.max_user_instances", "fs.inotify.max_user_watches",
        "fs.epoll.max_user_watches", "fs.pipe-user-pages-soft",
        "fs.aio-max-nr", "fs.file-max", "kernel.pty.max"
    };

    /* Linux 6.18 with 24 GB */

    put("meminfo", "MemTotal:       24683492 kB\nMemFree: 1 kB\n");
    put_all("128\n", "192536\n", "5491511\n", "16384\n", "65536\n",
            "2466186\n", "4096\n");

    n = sandbox_sysctl_low(path, low);
    assert_int_equal(n, 7);

    for (i = 0; i < n; i++) {
        assert_string_equal(low[i].name, names[i]);
    }

    assert_int_equal(low[0].value, 128);
    assert_int_equal(low[0].wanted, UINT64_C(24683492) * 1024 / 768);
    assert_int_equal(low[3].wanted, 0);
    assert_int_equal(low[6].value, 4096);
    assert_int_equal(low[6].wanted, 16384);
}


/* what conf/sysctl.conf says is enough for any host */

static void
test_file(void **state)
{
    int          n;
    char         line[256], name[64], value[64], proc[128], *p;
    FILE        *f;
    const char  *dir;

    dir = getenv("TEST_DIR");

    (void) snprintf(line, sizeof(line), "%s/../conf/sysctl.conf",
                    dir ? dir : "t");

    f = fopen(line, "r");
    assert_non_null(f);

    for (n = 0; fgets(line, sizeof(line), f); /* void */ ) {

        if (line[0] == '#' || line[0] == '\n') {
            continue;
        }

        assert_int_equal(sscanf(line, "%63s = %63s", name, value), 2);

        for (p = name; *p; p++) {
            if (*p == '.') {
                *p = '/';
            }
        }

        (void) snprintf(proc, sizeof(proc), "sys/%s", name);
        put(proc, "1\n");
        put(proc, value);
        n++;
    }

    (void) fclose(f);

    assert_int_equal(n, 11);

    put("meminfo", "MemTotal:       24683492 kB\n");
    assert_int_equal(sandbox_sysctl_low(path, low), 0);

    /* 16 TB */
    put("meminfo", "MemTotal:       17179869184 kB\n");
    assert_int_equal(sandbox_sysctl_low(path, low), 0);
}


static void
test_memory(void **state)
{
    /* as much as the memory pays for, and one less */

    put("meminfo", "MemTotal:       786432 kB\n");
    put_all("1048576\n", "10066330\n", "4194304\n", "196608\n", "25165824\n",
            "4194304\n", "16384\n");
    assert_int_equal(sandbox_sysctl_low(path, low), 0);

    put("sys/kernel/pid_max", "32768\n");
    assert_int_equal(sandbox_sysctl_low(path, low), 1);
    assert_string_equal(low[0].name, "kernel.pid_max");

    put_all("1048575\n", "10066328\n", "4194303\n", "196607\n", "25165823\n",
            "4194303\n", "16383\n");
    assert_int_equal(sandbox_sysctl_low(path, low), 7);

    /* 0 is no limit of pipes, and none at all of others */

    put_all("0\n", "10066330\n", "4194304\n", "0\n", "25165824\n",
            "4194304\n", "16384\n");
    assert_int_equal(sandbox_sysctl_low(path, low), 1);
    assert_string_equal(low[0].name, "fs.inotify.max_user_instances");
}


/* a kernel without one of them, or that does not show them */

static void
test_missing(void **state)
{
    put("meminfo", "MemTotal:       786432 kB\n");
    put_all("", "\n", "-1\n", "max\n", "25165824\n", "4194304\n", "16384\n");
    assert_int_equal(sandbox_sysctl_low(path, low), 0);

    put_all("128\n", "1\n", "1\n", "1\n", "1\n", "1\n", "16384\n");
    put("meminfo", "");
    assert_int_equal(sandbox_sysctl_low(path, low), 0);

    assert_int_equal(sandbox_sysctl_low("/nowhere", low), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
