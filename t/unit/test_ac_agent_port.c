
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/ac_agent.h"
#include "agent/ac_agent_recv.h"
#include "agent/ac_agent_send.h"
#include "agent/ac_agent_socket.h"


/* commands of ports, and what the agent tells of those that are watched */


static ac_agent_event_t  event;


static int
parse(const char *text)
{
    return ac_agent_recv_parse(text, strlen(text), &event);
}


/* the next packet's text */

static const char *
packet(int fd)
{
    ssize_t      n;
    static char  buf[AC_AGENT_PACKET_MAX + 1];

    n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);
    assert_true(n > 0);

    buf[n] = '\0';

    return buf;
}


static void
test_port(void **state)
{
    assert_int_equal(parse("{\"event\":\"port\",\"port\":8080,"
                           "\"listening\":true,\"command\":\"running\","
                           "\"code\":0}"), 0);
    assert_int_equal(event.type, AC_AGENT_PORT);
    assert_int_equal(event.port, 8080);
    assert_int_equal(event.listening, 1);
    assert_int_equal(event.command, AC_AGENT_COMMAND_RUNNING);

    assert_int_equal(parse("{\"event\":\"port\",\"port\":1,"
                           "\"listening\":false,\"command\":\"exited\","
                           "\"code\":137}"), 0);
    assert_int_equal(event.listening, 0);
    assert_int_equal(event.command, AC_AGENT_COMMAND_EXITED);
    assert_int_equal(event.code, 137);

    assert_int_equal(parse("{\"event\":\"port\",\"port\":1,"
                           "\"listening\":false,\"command\":\"of later\","
                           "\"code\":0}"), 0);
    assert_int_equal(event.command, AC_AGENT_COMMAND_NONE);
}


static void
test_log(void **state)
{
    assert_int_equal(parse("{\"event\":\"log\",\"port\":8080,\"line\":12,"
                           "\"text\":\"a\\u001bb\\n\\nc\\td\"}"), 0);
    assert_int_equal(event.type, AC_AGENT_LOG);
    assert_int_equal(event.port, 8080);
    assert_int_equal(event.line, 12);
    assert_string_equal(event.text, "ab\n\nc d");

    assert_int_equal(parse("{\"event\":\"log\",\"port\":1,\"line\":0,"
                           "\"text\":\"\"}"), 0);
    assert_string_equal(event.text, "");
}


static void
test_log_too_long(void **state)
{
    char    *text;
    size_t   i, n;

    text = malloc(65536);
    n = strlen(strcpy(text, "{\"event\":\"log\",\"port\":1,\"line\":0,"
                            "\"text\":\""));

    for (i = 0; i < 12000; i++) {
        memcpy(text + n, "ab\\n", 4);
        n += 4;
    }

    strcpy(text + n, "\"}");

    assert_int_equal(parse(text), 0);
    assert_true(strlen(event.text) < AC_AGENT_TEXT_MAX);
    assert_memory_equal(event.text, "ab\nab\n", 6);

    free(text);
}


static void
test_invalid(void **state)
{
    size_t  i;

    static const char *const  bad[] = {
        "{\"event\":\"port\"}",
        "{\"event\":\"port\",\"port\":70000,\"listening\":true,"
            "\"command\":\"none\",\"code\":0}",
        "{\"event\":\"port\",\"port\":1,\"listening\":1,"
            "\"command\":\"none\",\"code\":0}",
        "{\"event\":\"port\",\"port\":1,\"listening\":true,"
            "\"command\":null,\"code\":0}",
        "{\"event\":\"port\",\"port\":1,\"listening\":true,"
            "\"command\":\"none\",\"code\":256}",
        "{\"event\":\"log\",\"port\":1,\"line\":0}",
        "{\"event\":\"log\",\"port\":1,\"line\":-1,\"text\":\"\"}",
        "{\"event\":\"log\",\"line\":0,\"text\":\"\"}",
        "{\"event\":\"log\",\"port\":1,\"line\":0,\"text\":[\"\"]}",
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(parse(bad[i]), -1);
    }
}


static void
test_boot(void **state)
{
    int           pair[2];
    ac_boot_t     boot;
    const char   *names[] = { "8080" };
    ac_command_t  commands[] = {
        { 8080, "npm run dev", "/workspace/app" },
        { 8081, "echo \"it's\"\nexit 1", "" }
    };

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);

    memset(&boot, 0, sizeof(ac_boot_t));
    boot.id = "x";
    boot.commands = commands;
    boot.ncommands = 2;

    assert_int_equal(ac_agent_send_boot(pair[0], &boot, names, NULL, 0), 0);

    assert_non_null(strstr(packet(pair[1]), "\"last\":false"));
    assert_string_equal(packet(pair[1]),
                        "{\"ports\":[{\"port\":8080,\"command\":"
                        "\"npm run dev\",\"cwd\":\"/workspace/app\"}],"
                        "\"sockets\":[],\"last\":false}");
    assert_string_equal(packet(pair[1]),
                        "{\"ports\":[{\"port\":8081,\"command\":"
                        "\"echo \\\"it's\\\"\\nexit 1\"}],"
                        "\"sockets\":[],\"last\":true}");

    close(pair[0]);
    close(pair[1]);
}


static void
test_change(void **state)
{
    int           pair[2];
    ac_command_t  command = { 8080, "", "" };

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);

    assert_int_equal(ac_agent_send_commands(pair[0], 7, &command, 1), 0);
    assert_string_equal(packet(pair[1]), "{\"op\":\"configure\",\"seq\":7,"
                                         "\"ports\":[{\"port\":8080}]}");

    assert_int_equal(ac_agent_send_watch(pair[0], 8, 8080, 1), 0);
    assert_string_equal(packet(pair[1]),
                        "{\"op\":\"watch\",\"seq\":8,\"port\":8080}");

    assert_int_equal(ac_agent_send_watch(pair[0], 9, 8080, 0), 0);
    assert_string_equal(packet(pair[1]),
                        "{\"op\":\"unwatch\",\"seq\":9,\"port\":8080}");

    close(pair[0]);
    close(pair[1]);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_port),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_log_too_long),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_boot),
        cmocka_unit_test(test_change),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_agent_port", tests, NULL, NULL);
}
