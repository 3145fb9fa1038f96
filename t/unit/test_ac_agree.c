
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <string.h>

#include "ac_test.h"


/* the version of the API that a client and an engine agree on */


static void
test_versions(void **state)
{
    size_t  i;
    seen_t  seen;
    mock_t  mock;

    static const struct {
        const char  *pings;
        ac_error_e   error;
        const char  *logged;
    } versions[] = {
        { "1.40", AC_OK, "/v1.40/containers" },
        { "1.47", AC_OK, "/v1.47/containers" },
        { "1.41", AC_OK, "/v1.41/containers" },
        { "1.52", AC_OK, "/v1.47/containers" },
        { "1.52-min1.44", AC_OK, "/v1.47/containers" },
        { "1.54-min1.50", AC_OK, "/v1.50/containers" },
        { "1.39", AC_UNSUPPORTED, NULL },
        { "none", AC_UNSUPPORTED, NULL },
        { "1.x", AC_UNSUPPORTED, NULL },
        { "-1.41", AC_UNSUPPORTED, NULL },
        { "99999999999.41", AC_UNSUPPORTED, NULL },
        { "s403", AC_MALFORMED, NULL },
        { "s404", AC_MALFORMED, NULL },
    };

    for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        mock_start(&mock, versions[i].pings, 0);

        mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);
        assert_int_equal(seen.reply.error, versions[i].error);

        if (versions[i].error) {
            assert_int_equal(seen.reply.status, 0);
            assert_true(seen.reply.message[0]);
            assert_int_equal(mock_logged(&mock, "log", "/containers"), 0);

        } else {
            assert_int_equal(mock_logged(&mock, "log", versions[i].logged),
                             1);
        }

        mock_stop(&mock);
    }
}


/* what it has learned of a newer engine holds for the calls that follow */

static void
test_engine_that_is_newer(void **state)
{
    seen_t  seen;
    mock_t  mock;

    mock_start(&mock, "1.54-min1.50", 0);

    mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);
    assert_int_equal(seen.reply.status, 204);

    mock_wait(&mock, mock_call(&mock, 2, "ok", &seen), &seen);
    assert_int_equal(seen.reply.status, 200);
    assert_int_equal(seen.reply.ncontainers, 2);

    assert_int_equal(mock_logged(&mock, "log", "/v1.47/"), 1);
    assert_int_equal(mock_logged(&mock, "log", "/v1.50/"), 2);
    assert_int_equal(mock_logged(&mock, "log", "GET /_ping"), 1);

    mock_stop(&mock);

    /* a minimum above its own version is nonsense, and asked about once */

    mock_start(&mock, "1.41-min1.41x", 0);

    mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);
    assert_int_equal(seen.reply.status, 400);
    assert_non_null(strstr(seen.reply.message, "client version 1.41"));

    mock_stop(&mock);
}


static void
test_engine_replaced_by_an_older_one(void **state)
{
    seen_t  seen;
    mock_t  mock;

    mock_start(&mock, "replaced", 0);

    mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);
    assert_int_equal(seen.reply.error, AC_OK);
    assert_int_equal(seen.reply.status, 204);
    assert_int_equal(mock_logged(&mock, "log", "GET /_ping"), 2);

    mock_wait(&mock, mock_call(&mock, 2, "ok", &seen), &seen);
    assert_int_equal(seen.reply.status, 200);
    assert_int_equal(mock_logged(&mock, "log", "GET /_ping"), 2);

    mock_stop(&mock);
}


static void
test_deadline_while_agreeing(void **state)
{
    seen_t     seen[3];
    mock_t     mock;
    ac_call_t  *call;

    mock_start(&mock, "silent", 0);

    memset(seen, 0, sizeof(seen));

    assert_non_null(ac_docker_start(mock.docker, mock.ep, "ok", 50,
                                    seen_reply, &seen[0]));
    call = ac_docker_start(mock.docker, mock.ep, "ok", AC_TEST_MS,
                           seen_reply, &seen[1]);
    assert_non_null(ac_docker_start(mock.docker, mock.ep, "ok", 250,
                                    seen_reply, &seen[2]));

    assert_int_equal(poll_loop_foreground(mock.loop), 3);

    assert_int_equal(poll_loop_run(mock.loop, &seen[0].done, AC_TEST_MS), 1);
    assert_int_equal(seen[0].reply.error, AC_TIMEDOUT);
    assert_int_equal(seen[2].done, 0);

    ac_docker_cancel(call);

    assert_int_equal(poll_loop_run(mock.loop, &seen[2].done, AC_TEST_MS), 1);
    assert_int_equal(seen[2].reply.error, AC_TIMEDOUT);
    assert_int_equal(seen[1].done, 0);

    assert_int_equal(poll_loop_foreground(mock.loop), 0);
    assert_int_equal(mock_logged(&mock, "log", "GET /_ping"), 1);

    mock_stop(&mock);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_engine_that_is_newer),
        cmocka_unit_test(test_engine_replaced_by_an_older_one),
        cmocka_unit_test(test_deadline_while_agreeing),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_agree", tests, ac_test_setup,
                                       ac_test_teardown);
}
