
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ac_test.h"


/* whose turn it is, and an engine that goes and comes back */


typedef struct {
    int  waiting;
    int  running;
    int  most;
} gauge_t;


typedef struct {
    int   gone;
    int   back;
    char  message[512];
} health_t;


static void
gauge_handler(void *data, int waiting, int running)
{
    gauge_t  *gauge = data;

    gauge->waiting += waiting;
    gauge->running += running;

    if (gauge->running > gauge->most) {
        gauge->most = gauge->running;
    }

    assert_true(gauge->waiting >= 0 && gauge->running >= 0);
}


static void
health_handler(void *data, int away, const char *message)
{
    health_t  *health = data;

    if (away) {
        health->gone++;
        (void) snprintf(health->message, sizeof(health->message), "%s",
                        message);

    } else {
        health->back++;
    }
}


static ac_call_t *
start(mock_t *mock, uint32_t owner, int begun, const char *name, unsigned ms,
    seen_t *seen)
{
    memset(seen, 0, sizeof(seen_t));

    ac_docker_turn(mock->docker, AC_LANE_STARTS, owner, begun);

    return ac_docker_start(mock->docker, mock->ep, name, ms, seen_reply,
                           seen);
}


/* until the engine has got it, so that it is not only on its way */

static ac_call_t *
occupy(mock_t *mock, seen_t *seen)
{
    int         i;
    ac_call_t  *call;

    call = start(mock, 99, 0, "silent", AC_TEST_MS * 4, seen);

    for (i = 0; i < 2000 && !mock_logged(mock, "log", "/silent/"); i++) {
        (void) poll_loop_run(mock->loop, NULL, 10);
    }

    assert_int_equal(mock_logged(mock, "log", "/silent/"), 1);

    return call;
}


static void
test_owners_take_turns(void **state)
{
    int         i;
    mock_t      mock;
    gauge_t     gauge;
    seen_t      silent, other, seen[7];
    ac_call_t  *call;

    static const struct {
        const char  *name;
        uint32_t     owner;
        int          begun;
        int          order;
    } calls[] = {
        { "a1", 1, 0, 1 },
        { "a2", 1, 0, 4 },
        { "a3", 1, 0, 6 },
        { "b1", 2, 0, 2 },
        { "b2", 2, 0, 5 },
        { "c1", 3, 0, 3 },
        { "d1", 4, 1, 0 },
    };

    mock_start(&mock, NULL, 0);

    memset(&gauge, 0, sizeof(gauge));
    ac_docker_gauge(mock.docker, gauge_handler, &gauge);
    ac_docker_limit(mock.docker, 2, 100);

    call = occupy(&mock, &silent);

    for (i = 0; i < 7; i++) {
        assert_non_null(start(&mock, calls[i].owner, calls[i].begun,
                              calls[i].name, AC_TEST_MS, &seen[i]));
    }

    assert_int_equal(gauge.waiting, 7);
    assert_int_equal(gauge.running, 1);

    /* the other lane has its place, and gives it back */

    for (i = 0; i < 3; i++) {
        memset(&other, 0, sizeof(other));
        mock_wait(&mock, ac_docker_list(mock.docker, mock.ep, "ok",
                                        AC_TEST_MS, seen_reply, &other),
                  &other);
        assert_int_equal(other.reply.status, 200);
    }

    assert_int_equal(gauge.waiting, 7);

    ac_docker_cancel(call);

    assert_int_equal(poll_loop_run(mock.loop, &seen[2].done, AC_TEST_MS), 1);

    for (i = 0; i < 7; i++) {
        assert_int_equal(seen[i].done, 1);
        assert_int_equal(seen[i].reply.status, 204);
        assert_int_equal(seen[i].order - seen[6].order, calls[i].order);
    }

    assert_int_equal(silent.done, 0);
    assert_int_equal(gauge.waiting, 0);
    assert_int_equal(gauge.running, 0);
    assert_int_equal(gauge.most, 2);

    mock_stop(&mock);
}


static void
test_the_queue_is_bounded(void **state)
{
    mock_t      mock;
    gauge_t     gauge;
    seen_t      silent, seen[5];
    ac_call_t  *call, *waiting;

    mock_start(&mock, NULL, 0);

    memset(&gauge, 0, sizeof(gauge));
    ac_docker_gauge(mock.docker, gauge_handler, &gauge);
    ac_docker_limit(mock.docker, 2, 2);

    call = occupy(&mock, &silent);

    waiting = start(&mock, 1, 0, "a1", AC_TEST_MS, &seen[0]);
    assert_non_null(start(&mock, 1, 0, "a2", 50, &seen[1]));

    mock_wait(&mock, start(&mock, 1, 0, "a3", AC_TEST_MS, &seen[2]),
              &seen[2]);
    assert_int_equal(seen[2].reply.error, AC_BUSY);
    assert_non_null(strstr(seen[2].reply.message, "2 calls"));

    /* a turn that does not come */

    assert_int_equal(poll_loop_run(mock.loop, &seen[1].done, AC_TEST_MS), 1);
    assert_int_equal(seen[1].reply.error, AC_BUSY);
    assert_non_null(strstr(seen[1].reply.message, "50 ms"));

    /* an owner that has none yet pushes out one of an owner that has two */

    assert_non_null(start(&mock, 1, 0, "a6", AC_TEST_MS, &seen[1]));
    assert_int_equal(gauge.waiting, 2);
    assert_non_null(start(&mock, 2, 0, "b1", AC_TEST_MS, &seen[4]));
    assert_int_equal(gauge.waiting, 2);
    assert_int_equal(poll_loop_run(mock.loop, &seen[1].done, AC_TEST_MS), 1);
    assert_int_equal(seen[1].reply.error, AC_BUSY);
    assert_int_equal(seen[4].done, 0);

    /* and no more than that */

    mock_wait(&mock, start(&mock, 3, 0, "c1", AC_TEST_MS, &seen[2]),
              &seen[2]);
    assert_int_equal(seen[2].reply.error, AC_BUSY);

    /* the other lane has a queue of its own */

    memset(&seen[2], 0, sizeof(seen_t));
    mock_wait(&mock, ac_docker_list(mock.docker, mock.ep, "ok", AC_TEST_MS,
                                    seen_reply, &seen[2]), &seen[2]);
    assert_int_equal(seen[2].reply.status, 200);

    /* one that leaves makes room */

    ac_docker_cancel(waiting);
    assert_int_equal(gauge.waiting, 1);

    waiting = start(&mock, 1, 0, "a4", AC_TEST_MS, &seen[3]);
    assert_int_equal(gauge.waiting, 2);

    ac_docker_cancel(call);
    assert_int_equal(poll_loop_run(mock.loop, &seen[3].done, AC_TEST_MS), 1);
    assert_int_equal(seen[3].reply.status, 204);
    assert_int_equal(seen[4].reply.status, 204);

    assert_int_equal(seen[0].done, 0);
    assert_int_equal(mock_logged(&mock, "log", "/a1/"), 0);
    assert_int_equal(mock_logged(&mock, "log", "/a2/"), 0);
    assert_int_equal(mock_logged(&mock, "log", "/a3/"), 0);

    /* the end of all, while some wait */

    call = start(&mock, 1, 0, "stalled", AC_TEST_MS, &seen[0]);
    waiting = start(&mock, 1, 0, "a5", AC_TEST_MS, &seen[1]);
    assert_non_null(call);
    assert_int_equal(gauge.waiting, 1);

    mock_stop(&mock);

    assert_int_equal(gauge.waiting, 0);
    assert_int_equal(gauge.running, 0);
    assert_int_equal(seen[1].done, 0);
}


static void
mock_again(mock_t *mock)
{
    char  path[128], line[64];

    (void) snprintf(path, sizeof(path), "%s/engine.sock", mock->dir);
    (void) unlink(path);

    mock->pid = ac_test_spawn("mock_engine.pl", mock->dir, line,
                              sizeof(line));
}


static void
test_an_engine_that_goes(void **state)
{
    int       i;
    mock_t    mock;
    seen_t    seen[20];
    health_t  health;

    mock_start(&mock, NULL, 0);

    memset(&health, 0, sizeof(health));
    assert_int_equal(ac_docker_monitor(mock.docker, mock.ep, health_handler,
                                      &health), 0);
    ac_docker_limit(mock.docker, 2, 100);

    mock_wait(&mock, start(&mock, 1, 0, "ok", AC_TEST_MS, &seen[0]),
              &seen[0]);
    assert_int_equal(seen[0].reply.status, 204);
    assert_int_equal(ac_docker_away(mock.docker), 0);

    /* all that wait are told */

    ac_test_end(mock.pid);

    for (i = 0; i < 20; i++) {
        assert_non_null(start(&mock, 1, 0, "ok", AC_TEST_MS, &seen[i]));
    }

    for (i = 0; i < 20; i++) {
        assert_int_equal(poll_loop_run(mock.loop, &seen[i].done, AC_TEST_MS),
                         1);
        assert_true(seen[i].reply.error == AC_UNREACHABLE
                    || seen[i].reply.error == AC_BROKEN);
        assert_true(seen[i].reply.message[0]);
    }

    assert_int_equal(poll_loop_run(mock.loop, &health.gone, AC_TEST_MS), 1);
    assert_int_equal(ac_docker_away(mock.docker), 1);
    assert_true(health.message[0]);

    /* nobody asks, and it is seen to be back */

    mock_again(&mock);

    assert_int_equal(poll_loop_run(mock.loop, &health.back, AC_TEST_MS), 1);
    assert_int_equal(ac_docker_away(mock.docker), 0);
    assert_int_equal(health.gone, 1);

    /* one that asks at once after it is back gets it */

    ac_test_end(mock.pid);

    mock_wait(&mock, start(&mock, 1, 0, "ok", AC_TEST_MS, &seen[0]),
              &seen[0]);
    assert_int_not_equal(seen[0].reply.error, AC_OK);
    assert_int_equal(poll_loop_run(mock.loop, NULL, 1), 0);

    mock_again(&mock);

    for (i = 0; i < 20; i++) {
        assert_non_null(start(&mock, (uint32_t) i, 0, "ok", AC_TEST_MS,
                              &seen[i]));
    }

    for (i = 0; i < 20; i++) {
        assert_int_equal(poll_loop_run(mock.loop, &seen[i].done, AC_TEST_MS),
                         1);
        assert_int_equal(seen[i].reply.error, AC_OK);
    }

    mock_stop(&mock);
}


/* it accepts, and says nothing: calls do not wait for it but once */

static void
test_an_engine_that_hangs(void **state)
{
    mock_t    mock;
    seen_t    seen, events;
    health_t  health;

    mock_start(&mock, NULL, 0);

    memset(&health, 0, sizeof(health));
    assert_int_equal(ac_docker_monitor(mock.docker, mock.ep, health_handler,
                                      &health), 0);

    mock_wait(&mock, start(&mock, 1, 0, "ok", AC_TEST_MS, &seen), &seen);
    assert_int_equal(seen.reply.status, 204);

    assert_int_equal(kill(-mock.pid, SIGSTOP), 0);

    ac_docker_doubt(mock.docker, mock.ep);

    assert_int_equal(poll_loop_run(mock.loop, &health.gone, AC_TEST_MS), 1);
    assert_int_equal(poll_loop_foreground(mock.loop), 0);

    memset(&events, 0, sizeof(events));
    mock_wait(&mock, ac_docker_events(mock.docker, mock.ep, "ok", seen_event,
                                      &events), &events);
    assert_int_equal(events.reply.error, AC_TIMEDOUT);

    mock_wait(&mock, start(&mock, 1, 0, "ok", AC_TEST_MS, &seen), &seen);
    assert_int_equal(seen.reply.error, AC_TIMEDOUT);
    assert_int_equal(health.back, 0);

    assert_int_equal(kill(-mock.pid, SIGCONT), 0);
    assert_int_equal(poll_loop_run(mock.loop, &health.back, AC_TEST_MS), 1);

    mock_wait(&mock, start(&mock, 1, 0, "ok", AC_TEST_MS, &seen), &seen);
    assert_int_equal(seen.reply.status, 204);

    mock_stop(&mock);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_owners_take_turns),
        cmocka_unit_test(test_the_queue_is_bounded),
        cmocka_unit_test(test_an_engine_that_goes),
        cmocka_unit_test(test_an_engine_that_hangs),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_queue", tests, ac_test_setup,
                                       ac_test_teardown);
}
