
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/ac_agent.h"
#include "agent/ac_agent_recv.h"
#include "agent/ac_agent_send.h"
#include "agent/ac_agent_socket.h"
#include "ac_test.h"
#include "ac_text.h"


/* the control protocol: what the agent says */


static int
parse(const char *text, ac_agent_event_t *event)
{
    return ac_agent_recv_parse(text, strlen(text), event);
}


static void
test_parse(void **state)
{
    ac_agent_event_t  e;

    assert_int_equal(parse("{\"event\":\"hello\",\"v\":1,\"build\":\"1.0\","
                           "\"listening\":[8080,5173],\"new\":{}}\n", &e), 0);
    assert_int_equal(e.type, AC_AGENT_HELLO);
    assert_int_equal(e.v, 1);
    assert_string_equal(e.build, "1.0");
    assert_int_equal(e.nports, 2);
    assert_int_equal(e.ports[0], 8080);
    assert_int_equal(e.ports[1], 5173);

    assert_int_equal(parse("{\"event\":\"listening\",\"ports\":[]}", &e), 0);
    assert_int_equal(e.type, AC_AGENT_LISTENING);
    assert_int_equal(e.nports, 0);

    assert_int_equal(parse("{\"event\":\"going\"}", &e), 0);
    assert_int_equal(e.type, AC_AGENT_GOING);

    assert_int_equal(parse("{\"event\":\"new\",\"port\":1}", &e), 0);
    assert_int_equal(e.type, AC_AGENT_OTHER);

    assert_int_equal(parse("{}", &e), 0);
    assert_int_equal(e.type, AC_AGENT_OTHER);

    assert_int_equal(parse("{\"seq\":4294967295,\"ok\":true}", &e), 0);
    assert_int_equal(e.type, AC_AGENT_REPLY);
    assert_int_equal(e.seq, 4294967295U);
    assert_string_equal(e.error, "");

    assert_int_equal(e.sleeps_in_ms, -1);
    assert_int_equal(e.memory, -1);

    assert_int_equal(parse("{\"seq\":2,\"ok\":true,\"sleeps_in_ms\":0,"
                           "\"memory\":9007199254740992,\"pids\":3}", &e), 0);
    assert_int_equal(e.type, AC_AGENT_REPLY);
    assert_int_equal(e.sleeps_in_ms, 0);
    assert_int_equal(e.memory, 9007199254740992);
    assert_int_equal(e.pids, 3);
    assert_int_equal(e.cpu_ms, -1);

    assert_int_equal(parse("{\"seq\":0,\"error\":\"a\\u001b\\nb\"}", &e), 0);
    assert_int_equal(e.type, AC_AGENT_REPLY);
    assert_string_equal(e.error, "a b");

    assert_int_equal(parse("{\"seq\":0,\"error\":\"\"}", &e), 0);
    assert_true(e.error[0]);

    assert_int_equal(parse("{\"v\":1,\"build\":\"b\",\"started_ms\":12}", &e),
                     0);
    assert_int_equal(e.type, AC_AGENT_BOOTED);
    assert_int_equal(e.started_ms, 12);
}


static void
test_parse_invalid(void **state)
{
    size_t            i;
    char             *deep;
    ac_agent_event_t  e;

    static const char  *invalid[] = {
        "", " ", "[]", "1", "null", "\"x\"", "{", "{}}", "{} x", "x",
        "{\"event\":1}",
        "{\"event\":null}",
        "{\"event\":\"hello\"}",
        "{\"event\":\"hello\",\"v\":\"1\"}",
        "{\"event\":\"hello\",\"v\":1.5}",
        "{\"event\":\"hello\",\"v\":-1}",
        "{\"event\":\"hello\",\"v\":1,\"build\":1}",
        "{\"event\":\"hello\",\"v\":1,\"listening\":{}}",
        "{\"event\":\"hello\",\"v\":1,\"listening\":[0]}",
        "{\"event\":\"hello\",\"v\":1,\"listening\":[65536]}",
        "{\"event\":\"hello\",\"v\":1,\"listening\":[1.5]}",
        "{\"event\":\"hello\",\"v\":1,\"listening\":[\"1\"]}",
        "{\"event\":\"hello\",\"v\":1,\"listening\":[1e400]}",
        "{\"event\":\"hello\",\"v\":1,\"listening\":[null]}",
        "{\"event\":\"listening\"}",
        "{\"event\":\"listening\",\"ports\":8080}",
        "{\"seq\":1}",
        "{\"seq\":1,\"ok\":false}",
        "{\"seq\":1,\"ok\":1}",
        "{\"seq\":1,\"error\":1}",
        "{\"seq\":-1,\"ok\":true}",
        "{\"seq\":4294967296,\"ok\":true}",
        "{\"seq\":\"1\",\"ok\":true}",
        "{\"seq\":1,\"ok\":true,\"sleeps_in_ms\":null}",
        "{\"seq\":1,\"ok\":true,\"memory\":-1}",
        "{\"seq\":1,\"ok\":true,\"memory\":1e300}",
        "{\"seq\":1,\"ok\":true,\"pids\":\"3\"}",
        "{\"seq\":1,\"ok\":true,\"cpu_ms\":0.5}",
        "{\"started_ms\":-1}",
        "{\"started_ms\":1}",
        "{\"started_ms\":1,\"v\":1,\"build\":[]}",
    };

    for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {

        if (parse(invalid[i], &e) != -1) {
            fail_msg("accepted: %s", invalid[i]);
        }
    }

    deep = malloc(AC_AGENT_PACKET_MAX + 1);
    memset(deep, '[', AC_AGENT_PACKET_MAX + 1);

    assert_int_equal(ac_agent_recv_parse(deep, AC_AGENT_PACKET_MAX, &e), -1);
    assert_int_equal(ac_agent_recv_parse(deep, AC_AGENT_PACKET_MAX + 1, &e),
                     -1);

    free(deep);
}


static void
test_more_ports_than_room(void **state)
{
    char             *text, *p;
    unsigned          i;
    ac_agent_event_t  e;

    text = malloc(AC_AGENT_PACKET_MAX);
    p = stpcpy(text, "{\"event\":\"listening\",\"ports\":[1");

    for (i = 0; i < 3000; i++) {
        p += sprintf(p, ",%u", 1024 + i);
    }

    (void) strcpy(p, "]}");

    assert_int_equal(parse(text, &e), 0);
    assert_int_equal(e.nports, AC_AGENT_PORTS_MAX);
    assert_int_equal(e.ports[AC_AGENT_PORTS_MAX - 1], 1024 + 1022);

    free(text);
}


static void
send_raw(int fd, const void *text, size_t len, const int *fds, size_t n)
{
    struct iovec      iov;
    struct msghdr     msg;
    struct cmsghdr   *cmsg;

    union {
        struct cmsghdr  align;
        char            buf[CMSG_SPACE(253 * sizeof(int))];
    } control;

    memset(&msg, 0, sizeof(msg));
    iov.iov_base = (void *) text;
    iov.iov_len = len;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;

    if (n) {
        memset(&control, 0, sizeof(control));
        msg.msg_control = control.buf;
        msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
        cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
        memcpy(CMSG_DATA(cmsg), fds, n * sizeof(int));
    }

    assert_int_equal(sendmsg(fd, &msg, 0), len);
}


static void
test_recv(void **state)
{
    int               pair[2], many[253], i;
    char             *big;
    unsigned          fds;
    ac_agent_event_t  e;

    static const char  going[] = "{\"event\":\"going\"}";

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);

    fds = ac_test_fds();

    assert_int_equal(ac_agent_recv(pair[0], &e), -1);
    assert_int_equal(errno, EAGAIN);

    send_raw(pair[1], going, sizeof(going) - 1, NULL, 0);
    assert_int_equal(ac_agent_recv(pair[0], &e), 1);
    assert_int_equal(e.type, AC_AGENT_GOING);

    send_raw(pair[1], going, sizeof(going), NULL, 0);
    assert_int_equal(ac_agent_recv(pair[0], &e), -1);
    assert_int_equal(errno, EPROTO);

    /* descriptors that nobody asked for */

    for (i = 0; i < 253; i++) {
        many[i] = pair[1];
    }

    send_raw(pair[1], going, sizeof(going) - 1, many, 1);
    assert_int_equal(ac_agent_recv(pair[0], &e), -1);
    assert_int_equal(errno, EPROTO);

    send_raw(pair[1], going, sizeof(going) - 1, many, 253);
    assert_int_equal(ac_agent_recv(pair[0], &e), -1);
    assert_int_equal(errno, EPROTO);

    assert_int_equal(ac_test_fds(), fds);

    /* as long as a packet may be, and a byte more */

    big = malloc(AC_AGENT_PACKET_MAX + 1);
    memset(big, ' ', AC_AGENT_PACKET_MAX + 1);
    memcpy(big, going, sizeof(going) - 1);

    send_raw(pair[1], big, AC_AGENT_PACKET_MAX, NULL, 0);
    assert_int_equal(ac_agent_recv(pair[0], &e), 1);

    send_raw(pair[1], big, AC_AGENT_PACKET_MAX + 1, NULL, 0);
    assert_int_equal(ac_agent_recv(pair[0], &e), -1);
    assert_int_equal(errno, EPROTO);

    free(big);

    /* what was sent before the end is heard */

    send_raw(pair[1], going, sizeof(going) - 1, NULL, 0);
    close(pair[1]);
    assert_int_equal(ac_agent_recv(pair[0], &e), 1);
    assert_int_equal(ac_agent_recv(pair[0], &e), 0);

    close(pair[0]);
}


static void
test_end_with_packets_unread(void **state)
{
    int               pair[2];
    ac_agent_event_t  e;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);

    assert_int_equal(ac_agent_send_prepare(pair[0], 1, 1), 0);
    close(pair[1]);

    assert_int_equal(ac_agent_recv(pair[0], &e), 0);

    close(pair[0]);
}


static void
test_text(void **state)
{
    char  buf[6];

    ac_text_copy(buf, sizeof(buf), "abcdefgh", 8);
    assert_string_equal(buf, "abcde");

    ac_text_copy(buf, sizeof(buf), "abc\xc3\xa9", 5);
    assert_string_equal(buf, "abc\xc3\xa9");

    ac_text_copy(buf, sizeof(buf), "abcd\xc3\xa9", 6);
    assert_string_equal(buf, "abcd");

    ac_text_copy(buf, sizeof(buf), "ab\xf0\x9f\x98\x80", 6);
    assert_string_equal(buf, "ab");

    ac_text_copy(buf, sizeof(buf), "a\x1b\x7f\0b\nc", 7);
    assert_string_equal(buf, "ab c");

    ac_text_copy(buf, sizeof(buf), "\xa9\xa9\xa9\xa9\xa9\xa9\xa9", 7);
    assert_string_equal(buf, "");

    ac_text_copy(buf, sizeof(buf), "", 0);
    assert_string_equal(buf, "");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_invalid),
        cmocka_unit_test(test_more_ports_than_room),
        cmocka_unit_test(test_recv),
        cmocka_unit_test(test_end_with_packets_unread),
        cmocka_unit_test(test_text),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_agent_packet", tests, NULL, NULL);
}
