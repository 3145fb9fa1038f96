
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

#include <cmocka.h>

#include "lib/sandbox_store.h"
#include "lib/sandbox_store_lifetime.h"
#include "lib/sandbox_store_trash.h"
#include "store.h"


static void
test_end(void **state)
{
    sandbox_exit_t  end, read;

    memset(&end, 0, sizeof(end));
    (void) strcpy(end.reason, "engine_gone");
    end.exit_code = 255;
    end.at_ms = 1763859968123;

    assert_fails(sandbox_store_lifetime_read(test_store, "app", &read), ENOENT);
    assert_fails(sandbox_store_lifetime_write(test_store, "app", "x", &end),
                 ENOENT);

    test_create_as("app");

    assert_fails(sandbox_store_lifetime_read(test_store, "app", &read), ENOENT);
    assert_int_equal(sandbox_store_lifetime_write(test_store, "app",
                                                  test_spec.run, &end), 0);
    assert_int_equal(sandbox_store_lifetime_read(test_store, "app", &read), 0);
    assert_string_equal(read.reason, "engine_gone");
    assert_int_equal(read.exit_code, 255);
    assert_int_equal(read.at_ms, 1763859968123);

    /* the next replaces it, whatever an interrupted one has left */

    assert_int_equal(symlinkat("half", sandbox_store_fd(test_store),
                               "app/.ended"), 0);

    (void) strcpy(end.reason, "lost");
    end.exit_code = -1;
    end.at_ms = 0;

    assert_int_equal(sandbox_store_lifetime_write(test_store, "app",
                                                  test_spec.run, &end), 0);
    assert_int_equal(sandbox_store_lifetime_read(test_store, "app", &read), 0);
    assert_string_equal(read.reason, "lost");
    assert_int_equal(read.exit_code, -1);
    assert_int_equal(read.at_ms, 0);
    assert_fails(readlinkat(sandbox_store_fd(test_store), "app/.ended",
                            read.reason, sizeof(read.reason)), ENOENT);

    /* it is another sandbox's by now */

    assert_int_equal(sandbox_store_trash(test_store, "app", test_spec.run), 0);
    assert_fails(sandbox_store_lifetime_write(test_store, "app", test_spec.run,
                                              &end), ENOENT);
    assert_int_equal(sandbox_store_trash_delete(test_store, test_spec.run), 0);
}


static void
test_end_damaged(void **state)
{
    int             fd;
    size_t          i;
    sandbox_exit_t  end;

    static const char  *damaged[] = {
        "x", ",0,0", "asleep", "asleep,", "asleep,0", "asleep,0,", "a,0,x",
        "asleep,0,-1", "asleep,0,1x", "asleep,x,1", "seventeen-letters,0,1",
        "asleep,0,1,2",
        "asleep,0,11111111111111111111111111111111111111111111111111111111111"
    };

    test_create_as("app");

    fd = sandbox_store_fd(test_store);

    for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        assert_int_equal(symlinkat(damaged[i], fd, "app/ended"), 0);
        errno = 0;

        if (sandbox_store_lifetime_read(test_store, "app", &end) != -1) {
            fail_msg("accepted: %s", damaged[i]);
        }

        assert_int_equal(errno, EBADMSG);
        assert_int_equal(unlinkat(fd, "app/ended", 0), 0);
    }

    test_write("app/ended", "asleep,0,1");
    assert_fails(sandbox_store_lifetime_read(test_store, "app", &end), EBADMSG);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test_in_store(test_end),
        test_in_store(test_end_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
