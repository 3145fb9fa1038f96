
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ac_test.h"


/* an engine that has a host name */


typedef struct {
    mock_t   mock;
    pid_t    dns;
    unsigned fds;
} named_t;


static void
named_start(named_t *named)
{
    char  line[64], servers[64];

    named->fds = ac_test_fds();

    mock_start(&named->mock, NULL, 1);

    named->dns = ac_test_spawn("mock_dns.pl", named->mock.dir, line,
                               sizeof(line));

    (void) snprintf(servers, sizeof(servers), "127.0.0.1:%d", atoi(line));

    assert_int_equal(ac_docker_name_servers(named->mock.docker, servers), 0);
}


static void
named_stop(named_t *named)
{
    ac_test_end(named->dns);
    mock_stop(&named->mock);
}


static void
use_name(named_t *named, const char *host)
{
    char                url[128], err[256];
    ac_endpoint_conf_t  conf;

    ac_docker_endpoint_destroy(named->mock.ep);

    (void) snprintf(url, sizeof(url), "http://%s:%u", host, named->mock.port);

    memset(&conf, 0, sizeof(conf));
    conf.url = url;
    conf.connect_ms = 2000;

    named->mock.ep = ac_docker_endpoint_create(&conf, err, sizeof(err));
    assert_non_null(named->mock.ep);
}


static void
call_start(named_t *named, unsigned ms, seen_t *seen)
{
    memset(seen, 0, sizeof(seen_t));

    mock_wait(&named->mock,
              ac_docker_start(named->mock.docker, named->mock.ep, "ok", ms,
                              seen_reply, seen), seen);

    /* neither libcurl's resolver nor that of libc has made one */

    assert_int_equal(ac_test_threads(), ac_test_threads_at_start);
}


static void
test_names(void **state)
{
    size_t   i;
    seen_t   seen;
    named_t  named;

    static const char  *good[] = {
        "good.test", "gone.test", "both.test", "alias.test", "localhost",
        "GOOD.Test", "127.0.0.1"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        named_start(&named);
        use_name(&named, good[i]);

        call_start(&named, AC_TEST_MS, &seen);

        if (seen.reply.status != 204) {
            fail_msg("%s: error %d (%s)", good[i], seen.reply.error,
                     seen.reply.message);
        }

        named_stop(&named);
    }
}


static void
test_names_that_fail(void **state)
{
    size_t   i;
    seen_t   seen;
    named_t  named;

    static const struct {
        const char  *host;
        const char  *words;
    } bad[] = {
        { "nx.test", "nx.test: no such host" },
        { "none.test", "none.test: the name has no address" },
        { "servfail.test", "servfail.test: " },
        { "many.test", "" },
    };

    named_start(&named);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        use_name(&named, bad[i].host);

        call_start(&named, AC_TEST_MS, &seen);

        assert_int_equal(seen.reply.error, AC_UNREACHABLE);
        assert_int_equal(seen.reply.status, 0);

        if (strstr(seen.reply.message, bad[i].words) == NULL) {
            fail_msg("%s: %s", bad[i].host, seen.reply.message);
        }
    }

    named_stop(&named);
}


static void
test_name_servers_that_fail(void **state)
{
    size_t   i;
    seen_t   seen;
    named_t  named;

    static const char  *bad[] = { "silent.test", "garbage.test",
                                  "scrap.test" };

    named_start(&named);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        use_name(&named, bad[i]);

        call_start(&named, 100, &seen);

        assert_int_equal(seen.reply.error, AC_TIMEDOUT);
    }

    /* as c-ares gives up */

    use_name(&named, bad[0]);
    call_start(&named, AC_TEST_MS * 2, &seen);

    assert_int_equal(seen.reply.error, AC_UNREACHABLE);
    assert_non_null(strstr(seen.reply.message, "no answer from the name"));

    assert_true(poll_loop_turns(named.mock.loop) < 1000);

    named_stop(&named);
}


/* the first address takes the SYN, and never answers it */

static void
test_dead_first_address(void **state)
{
    int                  i, fd, full[4];
    seen_t               seen;
    named_t              named;
    struct sockaddr_in   sin;

    named_start(&named);

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons((unsigned short) named.mock.port);
    sin.sin_addr.s_addr = htonl(0x7f000003);

    fd = socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *) &sin, sizeof(sin)), 0);
    assert_int_equal(listen(fd, 0), 0);

    for (i = 0; i < 4; i++) {
        full[i] = socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0);
        (void) connect(full[i], (struct sockaddr *) &sin, sizeof(sin));
    }

    use_name(&named, "dead.test");
    call_start(&named, AC_TEST_MS, &seen);

    for (i = 0; i < 4; i++) {
        (void) close(full[i]);
    }

    (void) close(fd);

    if (seen.reply.status != 204) {
        fail_msg("error %d (%s)", seen.reply.error, seen.reply.message);
    }

    named_stop(&named);
}


static void
test_time_to_live(void **state)
{
    int      i;
    seen_t   seen;
    named_t  named;

    named_start(&named);

    use_name(&named, "good.test");

    for (i = 0; i < 5; i++) {
        call_start(&named, AC_TEST_MS, &seen);
        assert_int_equal(seen.reply.status, 204);
    }

    assert_int_equal(mock_logged(&named.mock, "dns", "good.test A\n"), 1);

    use_name(&named, "zero.test");

    for (i = 0; i < 3; i++) {
        call_start(&named, AC_TEST_MS, &seen);
        assert_int_equal(seen.reply.status, 204);
    }

    assert_int_equal(mock_logged(&named.mock, "dns", "zero.test A\n"), 3);

    use_name(&named, "short.test");

    call_start(&named, AC_TEST_MS, &seen);
    assert_int_equal(seen.reply.status, 204);

    (void) poll_loop_run(named.mock.loop, NULL, 1200);

    call_start(&named, AC_TEST_MS, &seen);
    assert_int_equal(seen.reply.status, 204);
    assert_int_equal(mock_logged(&named.mock, "dns", "short.test A\n"), 2);

    named_stop(&named);
}


static void
test_many_first_calls(void **state)
{
    int      i;
    seen_t   seen[20];
    named_t  named;

    named_start(&named);
    use_name(&named, "good.test");

    memset(seen, 0, sizeof(seen));

    for (i = 0; i < 20; i++) {
        assert_non_null(ac_docker_start(named.mock.docker, named.mock.ep,
                                        "ok", AC_TEST_MS, seen_reply,
                                        &seen[i]));
    }

    for (i = 0; i < 20; i++) {
        assert_int_equal(poll_loop_run(named.mock.loop, &seen[i].done,
                                       AC_TEST_MS), 1);
        assert_int_equal(seen[i].reply.status, 204);
    }

    assert_int_equal(mock_logged(&named.mock, "dns", "good.test A\n"), 1);
    assert_int_equal(mock_logged(&named.mock, "log", "GET /_ping"), 1);

    named_stop(&named);
}


static void
test_destroy_while_resolving(void **state)
{
    int         i;
    seen_t      seen[3];
    named_t     named;
    ac_call_t  *calls[3];

    static const char  *names[] = { "silent.test", "good.test", "nx.test" };

    for (i = 0; i < 12; i++) {
        named_start(&named);

        memset(seen, 0, sizeof(seen));

        use_name(&named, names[i % 3]);

        calls[0] = ac_docker_start(named.mock.docker, named.mock.ep, "ok",
                                   AC_TEST_MS, seen_reply, &seen[0]);
        calls[1] = ac_docker_info(named.mock.docker, named.mock.ep,
                                  AC_TEST_MS, seen_reply, &seen[1]);
        calls[2] = ac_docker_info(named.mock.docker, named.mock.ep,
                                  AC_TEST_MS, seen_reply, &seen[2]);

        assert_non_null(calls[0]);
        assert_non_null(calls[2]);

        ac_docker_cancel(calls[1]);

        if (i >= 6) {
            (void) poll_loop_run(named.mock.loop, NULL, (unsigned) i - 6);
        }

        assert_int_equal(seen[1].done, 0);

        named_stop(&named);
    }
}


static void
test_watch_fails(void **state)
{
    seen_t   seen;
    named_t  named;

    named_start(&named);
    use_name(&named, "good.test");

    poll_loop_fail_watches(named.mock.loop, 1);

    call_start(&named, AC_TEST_MS, &seen);
    assert_int_equal(seen.reply.error, AC_NOMEM);

    call_start(&named, AC_TEST_MS, &seen);
    assert_int_equal(seen.reply.status, 204);

    named_stop(&named);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_names_that_fail),
        cmocka_unit_test(test_name_servers_that_fail),
        cmocka_unit_test(test_dead_first_address),
        cmocka_unit_test(test_time_to_live),
        cmocka_unit_test(test_many_first_calls),
        cmocka_unit_test(test_destroy_while_resolving),
        cmocka_unit_test(test_watch_fails),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_dns", tests, ac_test_setup,
                                       ac_test_teardown);
}
