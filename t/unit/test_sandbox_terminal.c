
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/sandbox_terminal.h"


/* the arguments of a connection to a terminal */


static void
check(const char *args, const char *expected)
{
    char        *copy;
    size_t       len;
    const char  *text;

    /* of exact size, so that a byte too far is seen */

    len = strlen(args);
    copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, args, len);

    text = sandbox_terminal_check(copy, len);
    free(copy);

    if (expected == NULL) {

        if (text) {
            print_error("\"%s\": %s\n", args, text);
        }

        assert_null(text);
        return;
    }

    if (text == NULL || strncmp(text, expected, strlen(expected)) != 0) {
        print_error("\"%s\": %s\n", args, text ? text : "valid");
    }

    assert_non_null(text);
    assert_int_equal(strncmp(text, expected, strlen(expected)), 0);
}


static void
test_valid(void **state)
{
    check("", NULL);
    check("&&", NULL);
    check("cols=80&rows=24", NULL);
    check("cols=1&rows=10000", NULL);
    check("cols=%38%30", NULL);
    check("session=a.b_C-9", NULL);
    check("sessionId=a", NULL);
    check("shell=&cwd=/&env=A%3D1&Cols=x&xcols=x&colsx=x&session.=", NULL);
    check("sandbox_key=a/b", NULL);
}


static void
test_invalid(void **state)
{
    static const char  size[] = "cols and rows must be valid numbers";
    static const char  name[] = "Invalid session ID format";

    check("cols", size);
    check("cols=", size);
    check("rows=0", size);
    check("rows=-1", size);
    check("rows=1.5", size);
    check("rows=+5", size);
    check("cols=NaN", size);
    check("cols=10001", size);
    check("cols=99999999999999999999", size);
    check("cols=80&rows=%", size);
    check("a=b&rows=x", size);
    check("session", name);
    check("session=", name);
    check("session=a/b", name);
    check("session=a%2fb", name);
    check("session=a..b", name);
    check("session=a+b", name);
    check("session=%00", name);
    check("sessionId=a%", name);
    check("session="
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          name);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
