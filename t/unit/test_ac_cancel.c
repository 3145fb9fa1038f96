
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <string.h>

#include "ac_test.h"


/* calls that are cancelled, and clients destroyed, at any moment */


typedef struct {
    mock_t      *mock;
    ac_call_t   *own;
    ac_call_t   *victims[4];
    seen_t       victim[4];
    seen_t       next;
    int          done;
    int          destroy;
} chaos_t;


static void
test_cancel(void **state)
{
    int         turns, what;
    seen_t      seen;
    mock_t      mock;
    ac_call_t  *call;

    mock_start(&mock, NULL, 1);

    /* at each stage of a call's life */

    for (what = 0; what < 3; what++) {

        for (turns = 0; turns < 12; turns++) {
            call = mock_call(&mock, what, "stalled", &seen);
            assert_non_null(call);

            (void) poll_loop_run(mock.loop, NULL, (unsigned) turns);

            ac_docker_cancel(call);
            (void) poll_loop_run(mock.loop, NULL, 2);

            assert_int_equal(seen.done, 0);
            assert_int_equal(poll_loop_foreground(mock.loop), 0);
        }
    }

    mock_wait(&mock, mock_call(&mock, 2, "ok", &seen), &seen);
    assert_int_equal(seen.reply.status, 200);

    mock_stop(&mock);
}


static void
chaos_handler(void *data, const ac_reply_t *reply)
{
    int       i;
    chaos_t  *chaos;

    chaos = data;

    chaos->done++;

    if (chaos->destroy) {
        ac_docker_destroy(chaos->mock->docker);
        chaos->mock->docker = NULL;
        return;
    }

    ac_docker_cancel(chaos->own);

    for (i = 0; i < 4; i++) {

        if (chaos->victim[i].done == 0) {
            ac_docker_cancel(chaos->victims[i]);
        }
    }

    assert_non_null(mock_call(chaos->mock, 2, "ok", &chaos->next));
}


static void
chaos_run(const char *mode, int destroy, int tcp)
{
    int      i;
    mock_t   mock;
    seen_t   seen;
    chaos_t  chaos;

    mock_start(&mock, NULL, tcp);

    mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);

    memset(&chaos, 0, sizeof(chaos));
    chaos.mock = &mock;
    chaos.destroy = destroy;

    chaos.own = ac_docker_start(mock.docker, mock.ep, mode,
                                strcmp(mode, "silent") ? AC_TEST_MS : 50,
                                chaos_handler, &chaos);
    assert_non_null(chaos.own);

    for (i = 0; i < 4; i++) {
        chaos.victims[i] = mock_call(&mock, 2, "stalled", &chaos.victim[i]);
    }

    assert_int_equal(poll_loop_run(mock.loop, &chaos.done, AC_TEST_MS), 1);

    if (!destroy) {
        assert_int_equal(poll_loop_run(mock.loop, &chaos.next.done,
                                       AC_TEST_MS), 1);
        assert_int_equal(chaos.next.reply.status, 200);
    }

    (void) poll_loop_run(mock.loop, NULL, 5);

    assert_int_equal(chaos.done, 1);

    for (i = 0; i < 4; i++) {
        assert_int_equal(chaos.victim[i].done, 0);
    }

    mock_stop(&mock);
}


static void
test_cancel_from_a_handler(void **state)
{
    chaos_run("ok", 0, 0);
    chaos_run("s500", 0, 1);
    chaos_run("reset", 0, 1);
    chaos_run("silent", 0, 0);
    chaos_run("..", 0, 0);
}


static void
test_destroy_from_a_handler(void **state)
{
    chaos_run("ok", 1, 0);
    chaos_run("s500", 1, 1);
    chaos_run("reset", 1, 1);
    chaos_run("silent", 1, 0);
    chaos_run("..", 1, 0);
}


/* several answers come in one turn, and the first handler ends the rest */

static void
test_cancel_among_the_done(void **state)
{
    int      i;
    mock_t   mock;
    seen_t   seen;
    chaos_t  chaos;

    for (i = 0; i < 2; i++) {
        mock_start(&mock, NULL, 0);

        mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);

        memset(&chaos, 0, sizeof(chaos));
        chaos.mock = &mock;
        chaos.destroy = i;

        /* all posted to the same turn of the loop */

        chaos.own = ac_docker_start(mock.docker, mock.ep, ".", AC_TEST_MS,
                                    chaos_handler, &chaos);
        chaos.victims[0] = ac_docker_start(mock.docker, mock.ep, "",
                                           AC_TEST_MS, seen_reply,
                                           &chaos.victim[0]);
        chaos.victims[1] = ac_docker_kill(mock.docker, mock.ep, "..",
                                          AC_TEST_MS, seen_reply,
                                          &chaos.victim[1]);
        chaos.victims[2] = mock_call(&mock, 0, "ok", &chaos.victim[2]);
        chaos.victims[3] = mock_call(&mock, 0, "ok", &chaos.victim[3]);

        (void) poll_loop_run(mock.loop, NULL, 60);

        assert_in_range(chaos.done, 0, 1);

        if (chaos.done) {
            assert_true(chaos.destroy || chaos.next.done == 1);
        }

        mock_stop(&mock);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_from_a_handler),
        cmocka_unit_test(test_destroy_from_a_handler),
        cmocka_unit_test(test_cancel_among_the_done),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_cancel", tests, ac_test_setup,
                                       ac_test_teardown);
}
