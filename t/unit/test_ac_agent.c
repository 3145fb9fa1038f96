
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "agent/ac_agent.h"
#include "agent/ac_agent_recv.h"
#include "agent/ac_agent_send.h"
#include "agent/ac_agent_socket.h"
#include "ac_test.h"


/* the control protocol: what the agent is told */


/* receives a packet as the agent would */

static cJSON *
receive(int fd, int *fds, size_t *nfds)
{
    cJSON            *object;
    ssize_t           n;
    struct iovec      iov;
    struct msghdr     msg;
    struct cmsghdr   *cmsg;

    static char  buf[AC_AGENT_PACKET_MAX + 1];

    union {
        struct cmsghdr  align;
        char            buf[CMSG_SPACE(253 * sizeof(int))];
    } control;

    memset(&msg, 0, sizeof(msg));
    iov.iov_base = buf;
    iov.iov_len = sizeof(buf);
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = control.buf;
    msg.msg_controllen = sizeof(control.buf);

    n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC|MSG_DONTWAIT);
    assert_true(n > 0);
    assert_int_equal(msg.msg_flags & (MSG_TRUNC|MSG_CTRUNC), 0);
    assert_true(n <= AC_AGENT_PACKET_MAX);

    *nfds = 0;

    cmsg = CMSG_FIRSTHDR(&msg);

    if (cmsg) {
        *nfds = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(cmsg), *nfds * sizeof(int));
    }

    object = cJSON_ParseWithLength(buf, (size_t) n);
    assert_non_null(object);

    return object;
}


static int
same_file(int one, int two)
{
    struct stat  a, b;

    assert_int_equal(fstat(one, &a), 0);
    assert_int_equal(fstat(two, &b), 0);

    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}


#define item(object, name)  cJSON_GetObjectItemCaseSensitive(object, name)


static void
test_boot(void **state)
{
    int           pair[2], fds[253], own[3];
    char         *text;
    cJSON        *packet;
    size_t        n;
    unsigned      open_fds;
    ac_boot_t     boot;
    const char   *names[] = { "agent", "control", "8080" };

    open_fds = ac_test_fds();

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);

    own[0] = open("/dev/null", O_RDONLY);
    own[1] = open("/dev/zero", O_RDONLY);
    own[2] = open("/dev/full", O_RDONLY);

    memset(&boot, 0, sizeof(boot));
    boot.id = "user-123";
    boot.user = "app:1";
    boot.env = " {\"K\":\"V\\u0041 \xc3\xa9\"} ";
    boot.sleep_after_ms = 600000;
    boot.generation = 7;
    boot.nofile = 8192;
    boot.preview_suffix = ".preview.example.com";

    assert_int_equal(ac_agent_send_boot(pair[0], &boot, names, own, 3), 0);

    packet = receive(pair[1], fds, &n);

    assert_int_equal(n, 3);
    assert_true(same_file(fds[0], own[0]));
    assert_true(same_file(fds[1], own[1]));
    assert_true(same_file(fds[2], own[2]));

    assert_int_equal(item(packet, "v")->valueint, 1);
    assert_string_equal(item(packet, "id")->valuestring, "user-123");
    assert_string_equal(item(packet, "user")->valuestring, "app:1");
    assert_string_equal(item(item(packet, "env"), "K")->valuestring,
                        "VA \xc3\xa9");
    assert_int_equal(item(packet, "sleep_after_ms")->valueint, 600000);
    assert_int_equal(item(packet, "generation")->valueint, 7);
    assert_true(cJSON_IsFalse(item(packet, "keep_alive")));
    assert_int_equal(item(item(packet, "limits"), "nofile")->valueint, 8192);
    assert_string_equal(item(packet, "preview_suffix")->valuestring,
                        ".preview.example.com");
    assert_true(cJSON_IsTrue(item(packet, "last")));

    text = cJSON_PrintUnformatted(item(packet, "ports"));
    assert_string_equal(text, "[{\"port\":8080}]");
    free(text);

    text = cJSON_PrintUnformatted(item(packet, "sockets"));
    assert_string_equal(text, "[\"agent\",\"control\",\"8080\"]");
    free(text);

    cJSON_Delete(packet);

    while (n) {
        close(fds[--n]);
    }

    close(own[0]);
    close(own[1]);
    close(own[2]);
    close(pair[0]);
    close(pair[1]);

    assert_int_equal(ac_test_fds(), open_fds);
}


static void
test_boot_with_many_sockets(void **state)
{
    int           pair[2], fds[253], own[450], i, total;
    char          names_text[450][8];
    cJSON        *packet;
    size_t        n;
    ac_boot_t     boot;
    const char   *names[450];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);

    for (i = 0; i < 450; i++) {
        own[i] = pair[0];
        (void) snprintf(names_text[i], sizeof(names_text[i]), "%d", 1024 + i);
        names[i] = names_text[i];
    }

    memset(&boot, 0, sizeof(boot));
    boot.id = "a";

    assert_int_equal(ac_agent_send_boot(pair[0], &boot, names, own, 450), 0);

    for (total = 0; total < 450; total += (int) n) {
        packet = receive(pair[1], fds, &n);

        assert_int_equal(n, total == 400 ? 50 : 200);
        assert_int_equal(cJSON_GetArraySize(item(packet, "sockets")), n);
        assert_int_equal(cJSON_IsTrue(item(packet, "last")), total == 400);
        assert_string_equal(cJSON_GetArrayItem(item(packet, "sockets"),
                                               0)->valuestring,
                            names[total]);

        if (total == 0) {
            assert_int_equal(cJSON_GetArraySize(item(packet, "ports")), 450);

        } else {
            assert_null(item(packet, "ports"));
        }

        cJSON_Delete(packet);

        for (i = 0; i < (int) n; i++) {
            close(fds[i]);
        }
    }

    close(pair[0]);
    close(pair[1]);
}


static void
test_boot_fails(void **state)
{
    int        i, pair[2];
    char      *env;
    ac_boot_t  boot;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);

    memset(&boot, 0, sizeof(boot));
    boot.id = "a";

    env = malloc(AC_AGENT_PACKET_MAX + 16);
    memset(env, 'x', AC_AGENT_PACKET_MAX);
    memcpy(env, "{\"K\":\"", 6);
    (void) strcpy(env + AC_AGENT_PACKET_MAX - 2, "\"}");

    boot.env = env;
    assert_int_equal(ac_agent_send_boot(pair[0], &boot, NULL, NULL, 0), -1);
    assert_int_equal(errno, E2BIG);
    free(env);

    boot.env = "[]";
    assert_int_equal(ac_agent_send_boot(pair[0], &boot, NULL, NULL, 0), -1);
    assert_int_equal(errno, EINVAL);

    boot.env = "{},\"v\":2";
    assert_int_equal(ac_agent_send_boot(pair[0], &boot, NULL, NULL, 0), -1);
    assert_int_equal(errno, EINVAL);

    boot.env = "{\"K\":\"\xff\"}";
    assert_int_equal(ac_agent_send_boot(pair[0], &boot, NULL, NULL, 0), -1);
    assert_int_equal(errno, EILSEQ);

    boot.env = NULL;

    for (i = 0; i < 100000; i++) {

        if (ac_agent_send_boot(pair[0], &boot, NULL, NULL, 0) == -1) {
            break;
        }
    }

    assert_int_equal(errno, EAGAIN);

    close(pair[1]);

    /* a SIGPIPE would end the test */

    assert_int_equal(ac_agent_send_boot(pair[0], &boot, NULL, NULL, 0), -1);
    assert_true(errno == EPIPE || errno == ECONNRESET);

    assert_int_equal(ac_agent_send_boot(pair[0], &boot, NULL, NULL, 0), -1);
    assert_int_equal(errno, EPIPE);

    close(pair[0]);
}


static void
test_operations(void **state)
{
    int     pair[2], fds[253], own;
    char   *text;
    cJSON  *packet;
    size_t  i, n;

    static const char  *expected[] = {
        "{\"op\":\"listen\",\"seq\":1,\"port\":8080}",
        "{\"op\":\"unlisten\",\"seq\":2,\"port\":65535}",
        ("{\"op\":\"configure\",\"seq\":4294967295,"
         "\"keep_alive\":true,\"env\":{\"A\":\"b\"}}"),
        "{\"op\":\"prepare\",\"seq\":4,\"ms\":2000}",
        "{\"op\":\"status\",\"seq\":5}",
    };

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);

    own = open("/dev/zero", O_RDONLY);

    assert_int_equal(ac_agent_send_listen(pair[0], 1, 8080, own), 0);
    assert_int_equal(ac_agent_send_unlisten(pair[0], 2, 65535), 0);
    assert_int_equal(ac_agent_send_configure(pair[0], 4294967295U,
                                             "{\"op\":\"x\",\"seq\":9,"
                                             "\"keep_alive\":true,"
                                             "\"env\":{\"A\":\"b\"}}"), 0);
    assert_int_equal(ac_agent_send_prepare(pair[0], 4, 2000), 0);
    assert_int_equal(ac_agent_send_status(pair[0], 5), 0);

    assert_int_equal(ac_agent_send_configure(pair[0], 5, "[]"), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(ac_agent_send_listen(pair[0], 1, 8080, -1), -1);
    assert_int_equal(errno, EBADF);

    for (i = 0; i < 4; i++) {
        packet = receive(pair[1], fds, &n);

        assert_int_equal(n, i == 0);

        if (n) {
            assert_true(same_file(fds[0], own));
            close(fds[0]);
        }

        text = cJSON_PrintUnformatted(packet);
        assert_string_equal(text, expected[i]);

        free(text);
        cJSON_Delete(packet);
    }

    close(own);
    close(pair[0]);
    close(pair[1]);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_boot),
        cmocka_unit_test(test_boot_with_many_sockets),
        cmocka_unit_test(test_boot_fails),
        cmocka_unit_test(test_operations),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_agent", tests, NULL, NULL);
}
