
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>

#include "ac_test.h"


/* the stream of events, from an engine that misbehaves */


static const struct {
    const char  *mode;
    int          nevents;
    int          ends;
    ac_error_e   error;
    int          status;
} modes[] = {
    { "ok", 3, 0, AC_OK, 0 },
    { "split", 3, 0, AC_OK, 0 },
    { "others", 1, 0, AC_OK, 0 },
    { "ends", 3, 1, AC_OK, 200 },
    { "reset", 3, 1, AC_BROKEN, 0 },
    { "broken", 1, 1, AC_MALFORMED, 0 },
    { "types", 1, 1, AC_MALFORMED, 0 },
    { "long", 1, 1, AC_TOO_BIG, 0 },
    { "flood", 20000, 1, AC_OK, 200 },
    { "html", 0, 1, AC_MALFORMED, 0 },
    { "s500", 0, 1, AC_OK, 500 },
};


static void
wait_for_events(mock_t *mock, seen_t *seen, int n)
{
    int  i;

    for (i = 0; i < 2000 && seen->nevents < n; i++) {
        (void) poll_loop_run(mock->loop, NULL, 10);
    }

    assert_int_equal(seen->nevents, n);
}


static void
test_modes(void **state)
{
    size_t      i;
    mock_t      mock;
    seen_t      seen;
    ac_call_t  *call;

    mock_start(&mock, NULL, 0);

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        memset(&seen, 0, sizeof(seen));

        call = ac_docker_events(mock.docker, mock.ep, modes[i].mode,
                                seen_event, &seen);
        assert_non_null(call);
        assert_int_equal(seen.nevents + seen.done, 0);

        /* a stream does not hold off the exit of the process */

        assert_int_equal(poll_loop_foreground(mock.loop), 0);

        if (modes[i].ends) {
            assert_int_equal(poll_loop_run(mock.loop, &seen.done,
                                           AC_TEST_MS), 1);

            if (seen.reply.error != modes[i].error
                || seen.reply.status != modes[i].status
                || seen.nevents != modes[i].nevents)
            {
                fail_msg("%s: %d events, error %d, status %d (%s)",
                         modes[i].mode, seen.nevents, seen.reply.error,
                         seen.reply.status, seen.reply.message);
            }

        } else {
            wait_for_events(&mock, &seen, modes[i].nevents);
            assert_int_equal(seen.done, 0);
            ac_docker_cancel(call);
        }

        if (modes[i].nevents) {
            assert_string_equal(seen.events[0].action, "start");
            assert_int_equal(seen.events[0].exit_code, -1);
        }

        if (modes[i].nevents == 3) {
            assert_string_equal(seen.events[1].action, "die");
            assert_int_equal(seen.events[1].exit_code, 137);
            assert_string_equal(seen.events[1].label_run, "r1");
            assert_int_equal(strlen(seen.events[1].id), 64);
            assert_int_equal(strncmp(seen.events[2].action, "exec_create: ",
                                     13), 0);
        }
    }

    assert_int_equal(mock_logged(&mock, "log", "%22container%22"),
                     sizeof(modes) / sizeof(modes[0]));

    mock_stop(&mock);
}


typedef struct {
    mock_t      *mock;
    ac_call_t   *call;
    int          destroy;
    int          n;
} stop_t;


static void
stop_at_second(void *data, const ac_event_t *event, const ac_reply_t *reply)
{
    stop_t  *stop;

    stop = data;

    assert_non_null(event);

    if (++stop->n < 2) {
        return;
    }

    if (stop->destroy) {
        ac_docker_destroy(stop->mock->docker);
        stop->mock->docker = NULL;

    } else {
        ac_docker_cancel(stop->call);
    }
}


static void
test_cancel_from_a_handler(void **state)
{
    int     i, tcp, waited;
    mock_t  mock;
    stop_t  stop;

    for (i = 0; i < 4; i++) {
        tcp = i & 1;

        mock_start(&mock, NULL, tcp);

        memset(&stop, 0, sizeof(stop));
        stop.mock = &mock;
        stop.destroy = i > 1;
        stop.call = ac_docker_events(mock.docker, mock.ep, "flood",
                                     stop_at_second, &stop);
        assert_non_null(stop.call);

        for (waited = 0; waited < 1000 && stop.n < 2; waited++) {
            (void) poll_loop_run(mock.loop, NULL, 10);
        }

        (void) poll_loop_run(mock.loop, NULL, 20);

        assert_int_equal(stop.n, 2);

        mock_stop(&mock);
    }
}


static void
test_unreachable(void **state)
{
    mock_t  mock;
    seen_t  seen;

    mock_start(&mock, NULL, 1);

    ac_test_end(mock.pid);
    mock.pid = 0;

    memset(&seen, 0, sizeof(seen));
    mock_wait(&mock, ac_docker_events(mock.docker, mock.ep, "ok", seen_event,
                                      &seen), &seen);
    assert_int_equal(seen.reply.error, AC_UNREACHABLE);

    mock_stop(&mock);
}


static void
test_calls_beside_a_silent_stream(void **state)
{
    int         i;
    mock_t      mock;
    seen_t      seen, events;
    ac_call_t  *call;

    mock_start(&mock, NULL, 1);

    memset(&events, 0, sizeof(events));
    call = ac_docker_events(mock.docker, mock.ep, "silent", seen_event,
                            &events);

    for (i = 0; i < 20; i++) {
        memset(&seen, 0, sizeof(seen));
        mock_wait(&mock, ac_docker_start(mock.docker, mock.ep, "ok",
                                         AC_TEST_MS, seen_reply, &seen),
                  &seen);
        assert_int_equal(seen.reply.status, 204);
    }

    assert_int_equal(events.done + events.nevents, 0);
    ac_docker_cancel(call);

    mock_stop(&mock);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_cancel_from_a_handler),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_calls_beside_a_silent_stream),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_events", tests, ac_test_setup,
                                       ac_test_teardown);
}
