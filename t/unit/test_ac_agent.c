
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "ac_agent.h"
#include "ac_test.h"
#include "ac_text.h"


/* the agent's control protocol */


static char  dir[64];


static int
setup(void **state)
{
    struct rlimit  limit;

    /* a backlog is to be filled */

    (void) getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    (void) setrlimit(RLIMIT_NOFILE, &limit);

    (void) strcpy(dir, "/tmp/sandbox-unit-XXXXXX");

    return mkdtemp(dir) ? 0 : -1;
}


static int
teardown(void **state)
{
    return rmdir(dir);
}


static void
remove_socket(const char *name)
{
    char  path[512];

    (void) snprintf(path, sizeof(path), "%s/%s.sock", dir, name);
    assert_int_equal(unlink(path), 0);
}


static void
test_listen_and_connect(void **state)
{
    int          fd, again, conn, i, full[5000];
    char         path[256], byte;
    mode_t       mask;
    unsigned     n, fds;
    struct stat  st;

    fds = ac_test_fds();

    assert_int_equal(ac_agent_connect(dir, "agent", SOCK_STREAM), -1);
    assert_int_equal(errno, ENOENT);

    mask = umask(077);
    fd = ac_agent_listen(dir, "agent", SOCK_STREAM);
    umask(mask);

    assert_int_not_equal(fd, -1);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);

    (void) snprintf(path, sizeof(path), "%s/agent.sock", dir);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0666);

    conn = ac_agent_connect(dir, "agent", SOCK_STREAM);
    assert_int_not_equal(conn, -1);
    assert_true(fcntl(conn, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(conn, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(read(conn, &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    close(conn);

    /* of the other type */

    assert_int_equal(ac_agent_connect(dir, "agent", SOCK_SEQPACKET), -1);
    assert_int_equal(errno, EPROTOTYPE);

    /* it takes the place of what was there */

    again = ac_agent_listen(dir, "agent", SOCK_STREAM);
    assert_int_not_equal(again, -1);
    close(fd);

    conn = ac_agent_connect(dir, "agent", SOCK_STREAM);
    assert_int_not_equal(conn, -1);
    close(conn);

    /* a full backlog is not a dead agent */

    for (n = 0; n < 5000; n++) {
        full[n] = ac_agent_connect(dir, "agent", SOCK_STREAM);

        if (full[n] == -1) {
            break;
        }
    }

    assert_int_equal(errno, EAGAIN);
    assert_true(n >= 4000);

    for (i = 0; i < (int) n; i++) {
        close(full[i]);
    }

    close(again);

    assert_int_equal(ac_agent_connect(dir, "agent", SOCK_STREAM), -1);
    assert_int_equal(errno, ECONNREFUSED);

    remove_socket("agent");

    assert_int_equal(ac_test_fds(), fds);
}


static void
test_listen_fails(void **state)
{
    char      longest[256], path[320];
    size_t    len;
    unsigned  fds;

    fds = ac_test_fds();

    assert_int_equal(ac_agent_listen("/nonexistent", "a", SOCK_STREAM), -1);
    assert_int_equal(errno, ENOENT);

    assert_int_equal(ac_agent_listen(dir, "a/b", SOCK_STREAM), -1);
    assert_int_equal(errno, EINVAL);

    assert_int_equal(ac_agent_listen(dir, "", SOCK_STREAM), -1);
    assert_int_equal(errno, EINVAL);

    /* 107 bytes fit, 108 do not */

    len = 107 - strlen(dir) - 1 - strlen(".sock");
    memset(longest, 'x', len + 1);
    longest[len + 1] = '\0';

    assert_int_equal(ac_agent_listen(dir, longest, SOCK_STREAM), -1);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_int_equal(ac_agent_connect(dir, longest, SOCK_STREAM), -1);
    assert_int_equal(errno, ENAMETOOLONG);

    longest[len] = '\0';

    close(ac_agent_listen(dir, longest, SOCK_STREAM));
    remove_socket(longest);

    /* nothing is left of one that could not be renamed */

    (void) snprintf(path, sizeof(path), "%s/taken.sock", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(ac_agent_listen(dir, "taken", SOCK_STREAM), -1);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(rmdir(path), 0);

    assert_int_equal(ac_test_fds(), fds);
}


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
    assert_true(cJSON_IsObject(item(packet, "limits")));
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


static int
parse(const char *text, ac_agent_event_t *event)
{
    return ac_agent_parse(text, strlen(text), event);
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

    assert_int_equal(ac_agent_parse(deep, AC_AGENT_PACKET_MAX, &e), -1);
    assert_int_equal(ac_agent_parse(deep, AC_AGENT_PACKET_MAX + 1, &e), -1);

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


/* connects from a process of a namespace of its own, or from this one */

static int
peer_of(int unshared, int first)
{
    int    fd, conn, rc, status;
    char   byte;
    pid_t  pid, child;

    fd = ac_agent_listen(dir, "boot", SOCK_SEQPACKET);
    assert_int_not_equal(fd, -1);

    pid = fork();

    if (pid == 0) {

        if (unshared) {
            if (unshare(CLONE_NEWPID) == -1) {
                _exit(77);
            }

            child = fork();

            if (child != 0) {
                (void) waitpid(child, &status, 0);
                _exit(WEXITSTATUS(status));
            }

            /* the first process; or its child */

            if (!first && (child = fork()) != 0) {
                (void) waitpid(child, &status, 0);
                _exit(WEXITSTATUS(status));
            }
        }

        conn = ac_agent_connect(dir, "boot", SOCK_SEQPACKET);
        (void) fcntl(conn, F_SETFL, 0);
        _exit(read(conn, &byte, 1) == 0 ? 0 : 1);
    }

    (void) fcntl(fd, F_SETFL, 0);
    conn = -1;

    if (!unshared || geteuid() == 0) {
        conn = accept(fd, NULL, NULL);
        assert_int_not_equal(conn, -1);
    }

    rc = ac_agent_peer_is_init(conn);

    close(conn);
    close(fd);
    remove_socket("boot");

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);

    return rc;
}


static void
test_peer(void **state)
{
    int  pair[2];

    assert_int_equal(peer_of(0, 0), 0);

    if (geteuid() != 0) {
        skip();
    }

    assert_int_equal(peer_of(1, 1), 1);
    assert_int_equal(peer_of(1, 0), 0);

    assert_int_equal(pipe(pair), 0);
    assert_int_equal(ac_agent_peer_is_init(pair[0]), -1);
    close(pair[0]);
    close(pair[1]);
}


static void
test_peer_that_is_gone(void **state)
{
    int    fd, conn;
    pid_t  pid;

    fd = ac_agent_listen(dir, "boot", SOCK_SEQPACKET);

    pid = fork();

    if (pid == 0) {
        (void) ac_agent_connect(dir, "boot", SOCK_SEQPACKET);
        _exit(0);
    }

    assert_int_equal(waitpid(pid, NULL, 0), pid);

    conn = accept(fd, NULL, NULL);
    assert_int_not_equal(conn, -1);
    assert_int_equal(ac_agent_peer_is_init(conn), 0);

    close(conn);
    close(fd);
    remove_socket("boot");
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
        cmocka_unit_test(test_listen_and_connect),
        cmocka_unit_test(test_listen_fails),
        cmocka_unit_test(test_boot),
        cmocka_unit_test(test_boot_with_many_sockets),
        cmocka_unit_test(test_boot_fails),
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_invalid),
        cmocka_unit_test(test_more_ports_than_room),
        cmocka_unit_test(test_recv),
        cmocka_unit_test(test_end_with_packets_unread),
        cmocka_unit_test(test_peer),
        cmocka_unit_test(test_peer_that_is_gone),
        cmocka_unit_test(test_text),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_agent", tests, setup, teardown);
}
