
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ac_test.h"


/* the calls, on an engine that misbehaves */


/* what an answer of 204 to start, 201 to create or 200 to list becomes */
#define GOOD  -1


typedef struct {
    const char  *mode;
    ac_error_e   error[3];           /* of start, create, list */
    int          status[3];
} expected_t;


static const expected_t  modes[] = {
    { "ok", { AC_OK, AC_OK, AC_OK }, { GOOD, GOOD, GOOD } },
    { "drip", { AC_OK, AC_OK, AC_OK }, { GOOD, GOOD, GOOD } },
    { "split", { AC_OK, AC_OK, AC_OK }, { GOOD, GOOD, GOOD } },
    { "once", { AC_OK, AC_OK, AC_OK }, { GOOD, GOOD, GOOD } },
    { "interim", { AC_OK, AC_OK, AC_OK }, { GOOD, GOOD, GOOD } },

    { "s400", { AC_OK, AC_OK, AC_OK }, { 400, 400, 400 } },
    { "s404", { AC_OK, AC_OK, AC_OK }, { 404, 404, 404 } },
    { "s409", { AC_OK, AC_OK, AC_OK }, { 409, 409, 409 } },
    { "s500", { AC_OK, AC_OK, AC_OK }, { 500, 500, 500 } },
    { "s503", { AC_OK, AC_OK, AC_OK }, { 503, 503, 503 } },
    { "taken", { AC_OK, AC_OK, AC_OK }, { 500, 409, 500 } },
    { "wordless", { AC_OK, AC_OK, AC_OK }, { 500, 500, 500 } },

    { "s304", { AC_OK, AC_MALFORMED, AC_MALFORMED }, { 304, 0, 0 } },
    { "s204", { AC_OK, AC_MALFORMED, AC_MALFORMED }, { 204, 0, 0 } },
    { "redirect", { AC_MALFORMED, AC_MALFORMED, AC_MALFORMED }, { 0 } },

    /* an action has no use for a body */

    { "half", { AC_OK, AC_MALFORMED, AC_MALFORMED }, { 200, 0, 0 } },
    { "html", { AC_OK, AC_MALFORMED, AC_MALFORMED }, { 200, 0, 0 } },
    { "empty", { AC_OK, AC_MALFORMED, AC_MALFORMED }, { 200, 0, 0 } },
    { "deep", { AC_OK, AC_MALFORMED, AC_MALFORMED }, { 200, 0, 0 } },
    { "types", { AC_OK, AC_MALFORMED, AC_MALFORMED }, { 200, 0, 0 } },
    { "wide", { AC_OK, AC_MALFORMED, AC_TOO_BIG }, { 200, 0, 0 } },

    { "truncated", { AC_BROKEN, AC_BROKEN, AC_BROKEN }, { 0 } },
    { "unended", { AC_BROKEN, AC_BROKEN, AC_BROKEN }, { 0 } },
    { "headonly", { AC_BROKEN, AC_BROKEN, AC_BROKEN }, { 0 } },
    { "reset", { AC_BROKEN, AC_BROKEN, AC_BROKEN }, { 0 } },
    { "reset_late", { AC_BROKEN, AC_BROKEN, AC_BROKEN }, { 0 } },
    { "gone", { AC_BROKEN, AC_BROKEN, AC_BROKEN }, { 0 } },
    { "garbage", { AC_BROKEN, AC_BROKEN, AC_BROKEN }, { 0 } },
    { "old", { AC_BROKEN, AC_BROKEN, AC_BROKEN }, { 0 } },

    { "big", { AC_TOO_BIG, AC_TOO_BIG, AC_TOO_BIG }, { 0 } },
    { "big_chunks", { AC_TOO_BIG, AC_TOO_BIG, AC_TOO_BIG }, { 0 } },
    { "headers", { AC_TOO_BIG, AC_TOO_BIG, AC_TOO_BIG }, { 0 } },
    { "header", { AC_TOO_BIG, AC_TOO_BIG, AC_TOO_BIG }, { 0 } },
    { "interims", { AC_TOO_BIG, AC_TOO_BIG, AC_TOO_BIG }, { 0 } },

    { "silent", { AC_TIMEDOUT, AC_TIMEDOUT, AC_TIMEDOUT }, { 0 } },
    { "stalled", { AC_TIMEDOUT, AC_TIMEDOUT, AC_TIMEDOUT }, { 0 } },
};


static void
check(const expected_t *expected, int what, const seen_t *seen)
{
    int  status;

    static const int  good[] = { 204, 201, 200 };

    status = expected->status[what];

    if (status == GOOD) {
        status = good[what];
    }

    if (seen->reply.error != expected->error[what]
        || seen->reply.status != status)
    {
        fail_msg("%s, call %d: error %d, status %d (%s)", expected->mode,
                 what, seen->reply.error, seen->reply.status,
                 seen->reply.message);
    }

    if (seen->reply.error || seen->reply.status >= 400) {
        assert_true(seen->reply.message[0]);
        assert_int_equal(seen->reply.ncontainers, 0);
    }

    if (seen->reply.error || status != good[what] || what == 0) {
        return;
    }

    assert_int_equal(strlen(seen->containers[0].id), 64);

    if (what == 2) {
        assert_int_equal(seen->reply.ncontainers, 2);
        assert_string_equal(seen->containers[0].name, "c1");
        assert_string_equal(seen->containers[0].label_run, "r1");
        assert_string_equal(seen->containers[1].id, "cd");
        assert_string_equal(seen->containers[1].name, "");
    }
}


static void
modes_one_by_one(int tcp)
{
    int     what;
    size_t  i;
    seen_t  seen;
    mock_t  mock;

    mock_start(&mock, NULL, tcp);

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {

        for (what = 0; what < 3; what++) {
            mock_wait(&mock, mock_call(&mock, what, modes[i].mode, &seen),
                      &seen);
            check(&modes[i], what, &seen);
        }
    }

    assert_int_equal(mock_logged(&mock, "log", "followed"), 0);

    /* it serves as if nothing had been */

    mock_wait(&mock, mock_call(&mock, 2, "ok", &seen), &seen);
    check(&modes[0], 2, &seen);

    mock_stop(&mock);
}


static void
test_modes_unix(void **state)
{
    modes_one_by_one(0);
}


static void
test_modes_tcp(void **state)
{
    modes_one_by_one(1);
}


static void
test_modes_at_once(void **state)
{
    int     done;
    size_t  i, n;
    mock_t  mock;

    static seen_t  seen[3 * sizeof(modes) / sizeof(modes[0])];

    n = sizeof(seen) / sizeof(seen[0]);

    mock_start(&mock, NULL, 0);

    for (i = 0; i < n; i++) {
        assert_non_null(mock_call(&mock, (int) i % 3, modes[i / 3].mode,
                                  &seen[i]));
        assert_int_equal(seen[i].done, 0);
    }

    for (i = 0; i < n; i++) {
        assert_int_equal(poll_loop_run(mock.loop, &seen[i].done, AC_TEST_MS),
                         1);
        check(&modes[i / 3], (int) i % 3, &seen[i]);
    }

    for (i = 0, done = 0; i < n; i++) {
        done += seen[i].done;
    }

    assert_int_equal(done, n);

    /* all of them agreed on the version by one ping */

    assert_int_equal(mock_logged(&mock, "log", "GET /_ping"), 1);

    mock_stop(&mock);
}


static void
test_other_calls(void **state)
{
    seen_t  seen;
    mock_t  mock;

    mock_start(&mock, NULL, 0);

#define run(what, ...)                                                        \
    memset(&seen, 0, sizeof(seen));                                           \
    mock_wait(&mock, what(mock.docker, mock.ep, __VA_ARGS__, AC_TEST_MS,      \
                          seen_reply, &seen), &seen);                         \
    assert_int_equal(seen.reply.error, AC_OK)

    memset(&seen, 0, sizeof(seen));
    mock_wait(&mock, ac_docker_info(mock.docker, mock.ep, AC_TEST_MS,
                                    seen_reply, &seen), &seen);
    assert_int_equal(seen.reply.error, AC_OK);
    assert_int_equal(seen.info.ncpu, 4);
    assert_int_equal(seen.info.mem_total, 8589934592);
    assert_int_equal(mock.ep->version, 0x0129);

    run(ac_docker_inspect, "c1");
    assert_int_equal(seen.containers[0].exit_code, 137);
    assert_int_equal(seen.containers[0].oom_killed, 1);
    assert_int_equal(seen.containers[0].state, AC_CONTAINER_EXITED);
    assert_string_equal(seen.containers[0].name, "c1");
    assert_string_equal(seen.containers[0].image, "i:1");
    assert_string_equal(seen.containers[0].label_run, "r1");

    run(ac_docker_image, "reg:5000/a b@x");
    assert_string_equal(seen.image.id, "sha256:1234");
    assert_string_equal(seen.image.user, "app:1");
    assert_string_equal(seen.image.workdir, "/w");

    run(ac_docker_stop, "c1", 7);
    run(ac_docker_kill, "c1");
    run(ac_docker_kill, "c/1?%");
    run(ac_docker_remove, "c1");

    assert_int_equal(mock_logged(&mock, "log", "GET /_ping"), 1);
    assert_int_equal(mock_logged(&mock, "log",
                                 "GET /v1.41/containers/c1/json "), 1);
    assert_int_equal(mock_logged(&mock, "log",
                                 "GET /v1.41/images/reg:5000/a%20b@x/json "),
                     1);
    assert_int_equal(mock_logged(&mock, "log",
                                 "POST /v1.41/containers/c1/stop?t=7 \n"), 1);
    assert_int_equal(mock_logged(&mock, "log",
                                 "POST /v1.41/containers/c1/kill \n"), 1);
    assert_int_equal(mock_logged(&mock, "log",
                                 "POST /v1.41/containers/c%2F1%3F%25"
                                 "/kill \n"), 1);
    assert_int_equal(mock_logged(&mock, "log",
                                 "DELETE /v1.41/containers/c1?force=1&v=1 "),
                     1);

    mock_stop(&mock);
}


static void
test_words_of_the_engine(void **state)
{
    size_t   i;
    seen_t   seen;
    mock_t   mock;

    mock_start(&mock, NULL, 0);

    mock_wait(&mock, mock_call(&mock, 0, "s409", &seen), &seen);
    assert_string_equal(seen.reply.message, "words of 409");

    mock_wait(&mock, mock_call(&mock, 0, "wordless", &seen), &seen);
    assert_string_equal(seen.reply.message, "the engine answered 500");

    mock_wait(&mock, mock_call(&mock, 0, "words", &seen), &seen);
    assert_int_equal(strncmp(seen.reply.message, "a[31m b", 7), 0);
    assert_in_range(strlen(seen.reply.message), 500, 511);

    for (i = 0; seen.reply.message[i]; i++) {
        assert_true((unsigned char) seen.reply.message[i] >= 0x20);
    }

    mock_stop(&mock);
}


static void
test_unreachable(void **state)
{
    char                url[128], err[256];
    seen_t              seen;
    mock_t              mock;
    ac_endpoint_t      *ep;
    ac_endpoint_conf_t  conf;

    mock_start(&mock, NULL, 0);

    mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);
    assert_int_equal(seen.reply.status, 204);

    /* no such socket; the call after finds the engine, and asks again */

    ep = mock.ep;

    memset(&conf, 0, sizeof(conf));
    (void) snprintf(url, sizeof(url), "unix:%s/none.sock", mock.dir);
    conf.url = url;
    mock.ep = ac_docker_endpoint_create(&conf, err, sizeof(err));

    mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);
    assert_int_equal(seen.reply.error, AC_UNREACHABLE);
    assert_int_equal(seen.reply.status, 0);
    assert_non_null(strstr(seen.reply.message, url));
    assert_non_null(strstr(seen.reply.message, "No such file"));

    ac_docker_endpoint_destroy(mock.ep);

    conf.url = "http://127.0.0.1:1";
    mock.ep = ac_docker_endpoint_create(&conf, err, sizeof(err));

    mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);
    assert_int_equal(seen.reply.error, AC_UNREACHABLE);
    assert_non_null(strstr(seen.reply.message, "refused"));

    ac_docker_endpoint_destroy(mock.ep);
    mock.ep = ep;

    ac_test_end(mock.pid);
    mock.pid = 0;

    mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);
    assert_int_not_equal(seen.reply.error, AC_OK);

    mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);
    assert_int_equal(seen.reply.error, AC_UNREACHABLE);

    mock_stop(&mock);
}


/* listens, and never accepts: its backlog is full */

static void
test_never_accepts(void **state)
{
    int                 i, n, tcp, fd, full[8];
    char                url[128], err[256];
    seen_t              seen;
    mock_t              mock;
    socklen_t           len;
    ac_endpoint_t      *ep;
    ac_endpoint_conf_t  conf;

    union {
        struct sockaddr     sa;
        struct sockaddr_in  in;
        struct sockaddr_un  un;
    } addr;

    for (tcp = 0; tcp < 2; tcp++) {
        mock_start(&mock, NULL, 0);

        memset(&addr, 0, sizeof(addr));

        if (tcp) {
            addr.in.sin_family = AF_INET;
            addr.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            len = sizeof(addr.in);

        } else {
            addr.un.sun_family = AF_UNIX;
            (void) snprintf(addr.un.sun_path, sizeof(addr.un.sun_path),
                            "%s/deaf.sock", mock.dir);
            len = sizeof(addr.un);
        }

        fd = socket(addr.sa.sa_family, SOCK_STREAM|SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fd, &addr.sa, len), 0);
        assert_int_equal(listen(fd, 0), 0);
        assert_int_equal(getsockname(fd, &addr.sa, &len), 0);

        for (n = 0; n < 4; n++) {
            full[n] = socket(addr.sa.sa_family,
                             SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0);
            (void) connect(full[n], &addr.sa, len);
        }

        if (tcp) {
            (void) snprintf(url, sizeof(url), "http://127.0.0.1:%d",
                            ntohs(addr.in.sin_port));

        } else {
            (void) snprintf(url, sizeof(url), "unix:%s", addr.un.sun_path);
        }

        memset(&conf, 0, sizeof(conf));
        conf.url = url;
        conf.connect_ms = 200;

        ep = mock.ep;
        mock.ep = ac_docker_endpoint_create(&conf, err, sizeof(err));

        mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);

        if (tcp) {
            assert_int_equal(seen.reply.error, AC_UNREACHABLE);

        } else {
            assert_int_not_equal(seen.reply.error, AC_OK);
        }

        /* it waited, it did not spin */

        assert_true(poll_loop_turns(mock.loop) < 1000);

        for (i = 0; i < n; i++) {
            (void) close(full[i]);
        }

        (void) close(fd);

        if (!tcp) {
            (void) unlink(addr.un.sun_path);
        }

        ac_docker_endpoint_destroy(mock.ep);
        mock.ep = ep;

        mock_stop(&mock);
    }
}


static void
test_watch_fails(void **state)
{
    seen_t  seen, other;
    mock_t  mock;

    mock_start(&mock, NULL, 1);

    mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);

    /* one call is on its way when another's connection is not watched */

    assert_non_null(mock_call(&mock, 2, "drip", &other));
    (void) poll_loop_run(mock.loop, NULL, 20);

    poll_loop_fail_watches(mock.loop, 1);

    mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);
    assert_int_equal(seen.reply.error, AC_NOMEM);

    assert_int_equal(poll_loop_run(mock.loop, &other.done, AC_TEST_MS), 1);
    assert_int_equal(other.reply.error, AC_OK);

    mock_wait(&mock, mock_call(&mock, 0, "ok", &seen), &seen);
    assert_int_equal(seen.reply.status, 204);

    mock_stop(&mock);
}


static void
test_destroy_with_calls_under_way(void **state)
{
    int     ms;
    size_t  i;
    mock_t  mock;

    static seen_t  seen[sizeof(modes) / sizeof(modes[0])];

    for (ms = 0; ms < 60; ms += 12) {
        mock_start(&mock, NULL, ms & 1);

        for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
            assert_non_null(mock_call(&mock, (int) i % 3, modes[i].mode,
                                      &seen[i]));
        }

        (void) poll_loop_run(mock.loop, NULL, (unsigned) ms);

        mock_stop(&mock);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_modes_unix),
        cmocka_unit_test(test_modes_tcp),
        cmocka_unit_test(test_modes_at_once),
        cmocka_unit_test(test_other_calls),
        cmocka_unit_test(test_words_of_the_engine),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_never_accepts),
        cmocka_unit_test(test_watch_fails),
        cmocka_unit_test(test_destroy_with_calls_under_way),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_docker", tests, ac_test_setup,
                                       ac_test_teardown);
}
