
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/sandbox_name.h"


#define TEST_MAX40  "a234567890123456789012345678901234567890"


static int test_parse(const char *text, sandbox_label_t *label);
static long test_steps(const char *secret, const char *text);
static unsigned test_next(void);


static unsigned  test_seed = 20407;


static void
test_ids(void **state)
{
    size_t  i;
    char    text[2];

    static const char  *good[] = {
        "a", "0", "a-b", "a--b", "user-123", "8080", "wwww", "api2", "apis",
        "roo", "my-admin", TEST_MAX40, NULL
    };

    static const char  *bad[] = {
        "", "-", "-a", "a-", "A", "aB", "a_b", "a.b", "a/b", "a b", "a%41",
        "..", "\xc3\xa9", "xn--\xff", "www", "api", "admin", "root", "system",
        "instance", TEST_MAX40 "1", NULL
    };

    for (i = 0; good[i]; i++) {
        assert_int_equal(sandbox_name_id_valid(good[i], strlen(good[i])), 1);
    }

    for (i = 0; bad[i]; i++) {
        assert_int_equal(sandbox_name_id_valid(bad[i], strlen(bad[i])), 0);
    }

    assert_int_equal(sandbox_name_id_valid("a\0b", 3), 0);
    assert_int_equal(sandbox_name_id_valid("ab", 1), 1);

    /* every byte alone */

    for (i = 0; i < 256; i++) {
        text[0] = (char) i;
        assert_int_equal(sandbox_name_id_valid(text, 1),
                         (i >= 'a' && i <= 'z') || (i >= '0' && i <= '9'));
    }
}


static void
test_ports(void **state)
{
    char      text[16];
    size_t    i;
    unsigned  port;

    static const char  *bad[] = {
        "", "0", "00080", "080", "01024", "1023", "65536", "99999", "65535 ",
        "-1", "-8080", "+8080", "8080a", "3000a", "a3000", "8 80", "80.0",
        "1e4", "0x1f90", "102400", "4294968320", "18446744073709552640", NULL
    };

    for (i = 0; bad[i]; i++) {
        assert_int_equal(sandbox_name_port_parse(bad[i], strlen(bad[i])), 0);
    }

    for (port = 0; port < 70000; port++) {
        (void) snprintf(text, sizeof(text), "%u", port);

        assert_int_equal(sandbox_name_port_parse(text, strlen(text)),
                         port >= 1024 && port <= 65535 ? port : 0);
    }
}


static void
test_tokens(void **state)
{
    assert_int_equal(sandbox_name_token_valid("a", 1), 1);
    assert_int_equal(sandbox_name_token_valid("_", 1), 1);
    assert_int_equal(sandbox_name_token_valid("k3x9q0v7m2t5c1wz", 16), 1);
    assert_int_equal(sandbox_name_token_valid("k3x9q0v7m2t5c1wz1", 17), 0);
    assert_int_equal(sandbox_name_token_valid("", 0), 0);
    assert_int_equal(sandbox_name_token_valid("A", 1), 0);
    assert_int_equal(sandbox_name_token_valid("a-b", 3), 0);
    assert_int_equal(sandbox_name_token_valid("a.b", 3), 0);
    assert_int_equal(sandbox_name_token_valid("a\0b", 3), 0);
}


static void
test_sessions(void **state)
{
    char  text[130];

    memset(text, 'a', sizeof(text));

    assert_int_equal(sandbox_name_session_valid(text, 128), 1);
    assert_int_equal(sandbox_name_session_valid(text, 129), 0);
    assert_int_equal(sandbox_name_session_valid("", 0), 0);
    assert_int_equal(sandbox_name_session_valid("A.b_c-9", 7), 1);
    assert_int_equal(sandbox_name_session_valid(".", 1), 1);
    assert_int_equal(sandbox_name_session_valid("a.b.c", 5), 1);
    assert_int_equal(sandbox_name_session_valid("..", 2), 0);
    assert_int_equal(sandbox_name_session_valid("a..b", 4), 0);
    assert_int_equal(sandbox_name_session_valid("a/b", 3), 0);
    assert_int_equal(sandbox_name_session_valid("a b", 3), 0);
    assert_int_equal(sandbox_name_session_valid("\xc3\xa9", 2), 0);
}


static void
test_labels(void **state)
{
    size_t           i;
    sandbox_label_t  label;

    static const char  *bad[] = {
        "", "-", "--", "---", "8080", "8080-", "8080-app", "8080--tok",
        "8080-app-", "8080---", "-app-tok", "app-tok", "app-8080-tok",
        /* the port */
        "0-app-tok", "80-app-tok", "00080-app-tok", "08080-app-tok",
        "65536-app-tok", "-1-app-tok", "3000a-app-tok", "+8080-app-tok",
        /* the id */
        "8080--app-tok", "8080-app--tok", "8080-www-tok", "8080-API-tok",
        "8080-admin-tok", "8080-root-tok", "8080-system-tok",
        "8080-a_b-tok", "8080-a.b-tok", "8080-\xc3\xa9-tok",
        "8080-" TEST_MAX40 "1-tok",
        /* the token */
        "8080-app-k3x9q0v7m2t5c1wz1", "8080-app-t%6fk", "8080-app-tok.",
        "8080-app-tok:8080", "8080-app-\xc3\xa9",
        /* an IPv6 literal, an IDN, and what a host name cannot have */
        "[::1]", "xn--8080-app-tok", "8080-app-to k", "8080-app-tok\n",
        NULL
    };

    for (i = 0; bad[i]; i++) {
        assert_int_equal(test_parse(bad[i], &label), 0);
    }

    assert_int_equal(sandbox_name_label_parse("8080-a\0p-tok", 12, &label), 0);
    assert_int_equal(sandbox_name_label_parse("8080-app-to\0", 12, &label), 0);

    assert_int_equal(test_parse("8080-myapp-k3x9q0v7m2t5c1wz", &label), 1);
    assert_int_equal(label.port, 8080);
    assert_string_equal(label.id, "myapp");
    assert_string_equal(label.token, "k3x9q0v7m2t5c1wz");
    assert_int_equal(label.id_len, 5);
    assert_int_equal(label.token_len, 16);

    /* upper case is lower case; a '-' of the id's stays in the id */

    assert_int_equal(test_parse("3000-User-123-a_B", &label), 1);
    assert_int_equal(label.port, 3000);
    assert_string_equal(label.id, "user-123");
    assert_string_equal(label.token, "a_b");

    assert_int_equal(test_parse("1024-8080-8081", &label), 1);
    assert_string_equal(label.id, "8080");
    assert_string_equal(label.token, "8081");

    assert_int_equal(test_parse("8080-a--b-t", &label), 1);
    assert_string_equal(label.id, "a--b");

    /* the longest: 5 + 1 + 40 + 1 + 16 = 63 */

    assert_int_equal(test_parse("65535-" TEST_MAX40 "-k3x9q0v7m2t5c1wz",
                                &label), 1);
    assert_int_equal(label.port, 65535);
    assert_string_equal(label.id, TEST_MAX40);
}


static void
test_label_round(void **state)
{
    int              n;
    char             text[128], id[64], token[32];
    size_t           i, len;
    unsigned         port, round;
    sandbox_label_t  label;

    static const char  ids[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    static const char  tokens[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

    for (round = 0; round < 20000; round++) {

        port = 1024 + test_next() % (65536 - 1024);

        len = 1 + test_next() % SANDBOX_ID_MAX;

        for (i = 0; i < len; i++) {
            id[i] = ids[test_next() % (sizeof(ids) - 1)];
        }

        id[len] = '\0';

        len = 1 + test_next() % SANDBOX_TOKEN_MAX;

        for (i = 0; i < len; i++) {
            token[i] = tokens[test_next() % (sizeof(tokens) - 1)];
        }

        token[len] = '\0';

        n = snprintf(text, sizeof(text), "%u-%s-%s", port, id, token);

        if (!sandbox_name_id_valid(id, strlen(id))) {
            assert_int_equal(sandbox_name_label_parse(text, (size_t) n, &label),
                             0);
            continue;
        }

        /* in any case */

        for (i = 0; i < (size_t) n; i++) {
            if (text[i] >= 'a' && text[i] <= 'z' && test_next() % 4 == 0) {
                text[i] = (char) (text[i] - 'a' + 'A');
            }
        }

        assert_int_equal(sandbox_name_label_parse(text, (size_t) n, &label), 1);
        assert_int_equal(label.port, port);
        assert_string_equal(label.id, id);
        assert_string_equal(label.token, token);
        assert_int_equal(label.id_len, strlen(id));
        assert_int_equal(label.token_len, strlen(token));
    }
}


static void
test_equality(void **state)
{
    char    a[16], b[16];
    size_t  i, bit;

    assert_int_equal(sandbox_name_equal("", 0, "", 0), 1);
    assert_int_equal(sandbox_name_equal("a", 1, "", 0), 0);
    assert_int_equal(sandbox_name_equal("abc", 3, "abc", 3), 1);
    assert_int_equal(sandbox_name_equal("abc", 3, "abcd", 4), 0);

    memcpy(a, "k3x9q0v7m2t5c1wz", 16);

    /* one bit flipped, wherever */

    for (i = 0; i < 16; i++) {
        for (bit = 0; bit < 8; bit++) {
            memcpy(b, a, 16);
            b[i] = (char) (b[i] ^ 1 << bit);
            assert_int_equal(sandbox_name_equal(a, 16, b, 16), 0);
        }
    }
}


/* the same instructions, wherever and in whatever way two texts differ */

static void
test_equality_steps(void **state)
{
    long    expected;
    size_t  i;

    static const char  *secrets[] = {
        "k3x9q0v7m2t5c1wz", "k3x9q0v7m2t5c1w_", "_3x9q0v7m2t5c1wz",
        "k3x9q0v7m2t5c1wzk3x9q0v7m2t5c1wz", "k3x9q0v7", "k", "x"
    };

    expected = test_steps("k3x9q0v7m2t5c1wz", "k3x9q0v7m2t5c1wz");

    if (expected == -1) {
        print_message("ptrace() is not allowed here\n");
        skip();
    }

    assert_true(expected > 16);

    for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        assert_int_equal(test_steps(secrets[i], "k3x9q0v7m2t5c1wz"), expected);
    }

    /* it does count */

    assert_true(test_steps("k", "k3x9q0v7m2t5c1w") < expected);
}


/* how many instructions a process runs that compares; -1: not allowed */

static long
test_steps(const char *secret, const char *text)
{
    int     status;
    long    n;
    pid_t   pid;
    size_t  secret_len, len;

    secret_len = strlen(secret);
    len = strlen(text);

    pid = fork();
    assert_true(pid != -1);

    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1) {
            _exit(1);
        }

        raise(SIGSTOP);
        (void) sandbox_name_equal(secret, secret_len, text, len);
        _exit(0);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);

    for (n = 0; WIFSTOPPED(status); n++) {
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == -1) {
            (void) kill(pid, SIGKILL);
            (void) waitpid(pid, &status, 0);
            return -1;
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);
    }

    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? n : -1;
}


static void
test_random(void **state)
{
    char      a[SANDBOX_RANDOM_LEN + 2], b[SANDBOX_RANDOM_LEN + 2];
    char      token[SANDBOX_TOKEN_MAX + 2];
    size_t    i;
    unsigned  round, seen[128];

    memset(seen, 0, sizeof(seen));
    memset(b, 0, sizeof(b));

    for (round = 0; round < 2000; round++) {
        memset(a, '!', sizeof(a));

        assert_int_equal(sandbox_name_random(a), 0);
        assert_int_equal(strlen(a), SANDBOX_RANDOM_LEN);
        assert_int_equal(a[SANDBOX_RANDOM_LEN + 1], '!');
        assert_int_equal(sandbox_name_id_valid(a, SANDBOX_RANDOM_LEN), 1);
        assert_string_not_equal(a, b);
        memcpy(b, a, sizeof(a));

        memset(token, '!', sizeof(token));

        assert_int_equal(sandbox_name_token_random(token), 0);
        assert_int_equal(strlen(token), SANDBOX_TOKEN_MAX);
        assert_int_equal(token[SANDBOX_TOKEN_MAX + 1], '!');
        assert_int_equal(sandbox_name_token_valid(token, SANDBOX_TOKEN_MAX), 1);

        for (i = 0; i < SANDBOX_TOKEN_MAX; i++) {
            seen[(unsigned char) token[i]]++;
        }
    }

    /* 1,000 of each are expected, with a deviation of 31 */

    for (i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        if ((i >= 'a' && i <= 'z') || (i >= '2' && i <= '7')) {
            assert_in_range(seen[i], 700, 1300);

        } else {
            assert_int_equal(seen[i], 0);
        }
    }
}


static int
test_parse(const char *text, sandbox_label_t *label)
{
    int     rc;
    char   *copy;
    size_t  len;

    /* of the exact size, so that a read past its end is seen */

    len = strlen(text);
    copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);

    rc = sandbox_name_label_parse(copy, len, label);

    free(copy);

    return rc;
}


/* the vectors of RFC 4648, in lower case and without padding */

static void
test_base32(void **state)
{
    char    buf[16];
    size_t  n;

    static const char  *texts[] = {
        "", "my", "mzxq", "mzxw6", "mzxw6yq", "mzxw6ytb", "mzxw6ytboi"
    };

    for (n = 0; n < sizeof(texts) / sizeof(texts[0]); n++) {
        memset(buf, 'x', sizeof(buf));

        sandbox_name_base32((const unsigned char *) "foobar", n, buf);

        assert_string_equal(buf, texts[n]);
        assert_int_equal(strlen(buf), (n * 8 + 4) / 5);
        assert_int_equal(buf[(n * 8 + 4) / 5 + 1], 'x');
    }
}


static unsigned
test_next(void)
{
    test_seed = test_seed * 1103515245 + 12345;

    return test_seed >> 8;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_label_round),
        cmocka_unit_test(test_equality),
        cmocka_unit_test(test_equality_steps),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_base32),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
