
/*
 * Copyright (C) the ngx_sandbox authors
 */


/* what listens: asked of the kernel by netlink, and read from procfs */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/filter.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/sock_diag.h>

#include <cmocka.h>

#include "net/listeners.h"
#include "net/listeners_diag.h"
#include "net/listeners_proc.h"


#define TEST_SEQ    7
#define TEST_MANY   300     /* the kernel needs several datagrams for them */
#define TEST_FIRST  20000
#define TEST_MAX    1024
#define TEST_SIZE   NLMSG_LENGTH(sizeof(struct inet_diag_msg))


typedef struct {
    size_t                  n;
    size_t                  max; /* the handler ends the scan there; 0: never */
    agent_listeners_addr_t  entry[TEST_MAX];
} test_list_t;


static void test_listen_all(void);
static int test_listener(int family, const char *address, uint16_t port);
static int test_collect(const agent_listeners_addr_t *entry, void *data);
static int test_compare(const void *one, const void *two);
static size_t test_message(char *p, uint16_t type, int family, uint16_t port);
static int test_refuse(uint32_t action);
static int test_confined(uint32_t first, uint32_t second);
static size_t test_descriptors(void);


static size_t       test_expected;
static test_list_t  test_diag, test_proc, test_both;


/* a network of our own, in which nobody else listens */

static int
test_network(void **state)
{
    int           fd;
    struct ifreq  ifr;

    if (unshare(CLONE_NEWNET) == -1
        && unshare(CLONE_NEWUSER|CLONE_NEWNET) == -1)
    {
        print_error("unshare() failed: %s\n", strerror(errno));
        return -1;
    }

    fd = socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, 0);

    memset(&ifr, 0, sizeof(struct ifreq));
    strcpy(ifr.ifr_name, "lo");
    ifr.ifr_flags = IFF_UP;

    if (fd == -1 || ioctl(fd, SIOCSIFFLAGS, &ifr) == -1) {
        print_error("lo cannot be brought up: %s\n", strerror(errno));
        return -1;
    }

    close(fd);

    return 0;
}


/* first of all, while nothing listens */

static void
test_none(void **state)
{
    size_t  before;

    test_diag.n = 0;
    assert_int_equal(agent_listeners_diag(test_collect, &test_diag), 0);
    assert_int_equal(test_diag.n, 0);

    before = test_descriptors();
    assert_int_equal(agent_listeners_diag(test_collect, &test_diag), 0);
    assert_int_equal(test_diag.n, 0);
    assert_int_equal(test_descriptors(), before);

    test_proc.n = 0;
    agent_listeners_proc(test_collect, &test_proc);
    assert_int_equal(test_proc.n, 0);
}


static void
test_same(void **state)
{
    test_listen_all();

    test_diag.n = 0;
    assert_int_equal(agent_listeners_diag(test_collect, &test_diag), 0);

    test_proc.n = 0;
    agent_listeners_proc(test_collect, &test_proc);

    test_both.n = 0;
    agent_listeners_scan(test_collect, &test_both);

    assert_int_equal(test_diag.n, test_expected);
    assert_int_equal(test_proc.n, test_expected);
    assert_int_equal(test_both.n, test_expected);

    qsort(test_diag.entry, test_diag.n, sizeof(agent_listeners_addr_t),
          test_compare);
    qsort(test_proc.entry, test_proc.n, sizeof(agent_listeners_addr_t),
          test_compare);
    qsort(test_both.entry, test_both.n, sizeof(agent_listeners_addr_t),
          test_compare);

    assert_memory_equal(test_diag.entry, test_proc.entry,
                        test_expected * sizeof(agent_listeners_addr_t));
    assert_memory_equal(test_diag.entry, test_both.entry,
                        test_expected * sizeof(agent_listeners_addr_t));

    /* the sort is by port: the first is that of 127.0.0.2 */

    assert_int_equal(test_diag.entry[0].family, AF_INET);
    assert_int_equal(test_diag.entry[0].port, 8001);
    assert_int_equal(test_diag.entry[0].addr.v4.s_addr,
                     inet_addr("127.0.0.2"));
}


/* what a handler has left unread is in nobody's way */

static void
test_stop(void **state)
{
    size_t  i, before;

    before = test_descriptors();

    for (i = 1; i < 8; i++) {
        test_diag.n = 0;
        test_diag.max = i;
        assert_int_equal(agent_listeners_diag(test_collect, &test_diag), 0);
        assert_int_equal(test_diag.n, i);
        test_diag.max = 0;

        test_diag.n = 0;
        assert_int_equal(agent_listeners_diag(test_collect, &test_diag), 0);
        assert_int_equal(test_diag.n, test_expected);
    }

    assert_int_equal(test_descriptors(), before);
}


/* where a seccomp filter knows no such socket */

static void
test_refused(void **state)
{
    int     status;
    size_t  i;

    static const int  lasting[] = {
        EPROTONOSUPPORT, EAFNOSUPPORT, ENOENT, EPERM, EACCES
    };

    /* the second look makes no socket, or the filter would end it */

    for (i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++) {
        status = test_confined(SECCOMP_RET_ERRNO | lasting[i],
                               SECCOMP_RET_KILL_PROCESS);

        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }

    /* what may pass is asked again */

    status = test_confined(SECCOMP_RET_ERRNO | ENOBUFS,
                           SECCOMP_RET_KILL_PROCESS);

    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);

    status = test_confined(SECCOMP_RET_ERRNO | EMFILE, SECCOMP_RET_ALLOW);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}


static int
test_confined(uint32_t first, uint32_t second)
{
    int    status;
    pid_t  pid;

    test_diag.n = 0;
    test_diag.max = 1;
    assert_int_equal(agent_listeners_diag(test_collect, &test_diag), 0);
    test_diag.max = 0;

    /* that has closed the socket: the child has to make one */

    pid = fork();
    assert_true(pid != -1);

    if (pid == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1
            || test_refuse(first) == -1)
        {
            _exit(2);
        }

        test_both.n = 0;
        agent_listeners_scan(test_collect, &test_both);

        if (test_both.n != test_expected) {
            _exit(3);
        }

        if (test_refuse(second) == -1) {
            _exit(4);
        }

        test_both.n = 0;
        agent_listeners_scan(test_collect, &test_both);

        _exit(test_both.n == test_expected ? 0 : 5);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);

    return status;
}


/* of several filters the sternest has its way */

static int
test_refuse(uint32_t action)
{
    struct sock_fprog   prog;
    struct sock_filter  filter[] = {
        BPF_STMT(BPF_LD|BPF_W|BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP|BPF_JEQ|BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD|BPF_W|BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP|BPF_JEQ|BPF_K, AF_NETLINK, 0, 1),
        BPF_STMT(BPF_RET|BPF_K, action),
        BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ALLOW)
    };

    prog.len = sizeof(filter) / sizeof(filter[0]);
    prog.filter = filter;

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0);
}


static void
test_parse(void **state)
{
    int     err;
    char    buf[4 * TEST_SIZE], *p;
    size_t  len;

    static const char  v4[] = { 127, 0, 0, 1 };

    test_diag.n = 0;
    err = 0;

    len = test_message(buf, SOCK_DIAG_BY_FAMILY, AF_INET, 8080);
    len += test_message(buf + len, SOCK_DIAG_BY_FAMILY, AF_INET6, 8081);

    assert_int_equal(agent_listeners_diag_parse(buf, len, AF_INET, TEST_SEQ,
                                                test_collect, &test_diag, &err),
                     AGENT_LISTENERS_DIAG_MORE);
    assert_int_equal(test_diag.n, 1);
    assert_int_equal(test_diag.entry[0].port, 8080);
    assert_memory_equal(&test_diag.entry[0].addr, v4, 4);

    assert_int_equal(agent_listeners_diag_parse(buf, len, AF_INET, TEST_SEQ + 1,
                                                test_collect, &test_diag, &err),
                     AGENT_LISTENERS_DIAG_MORE);
    assert_int_equal(test_diag.n, 1);

    p = buf + NLMSG_HDRLEN + offsetof(struct inet_diag_msg, idiag_state);
    *p = TCP_ESTABLISHED;
    assert_int_equal(agent_listeners_diag_parse(buf, len, AF_INET, TEST_SEQ,
                                                test_collect, &test_diag, &err),
                     AGENT_LISTENERS_DIAG_MORE);
    assert_int_equal(test_diag.n, 1);

    len += test_message(buf + len, NLMSG_DONE, 0, 0);
    len += test_message(buf + len, SOCK_DIAG_BY_FAMILY, AF_INET6, 8082);
    assert_int_equal(agent_listeners_diag_parse(buf, len, AF_INET6, TEST_SEQ,
                                                test_collect, &test_diag, &err),
                     AGENT_LISTENERS_DIAG_DONE);
    assert_int_equal(test_diag.n, 2);
    assert_int_equal(test_diag.entry[1].port, 8081);

    test_diag.max = 3;
    assert_int_equal(agent_listeners_diag_parse(buf, len, AF_INET6, TEST_SEQ,
                                                test_collect, &test_diag, &err),
                     AGENT_LISTENERS_DIAG_STOP);
    test_diag.max = 0;

    assert_int_equal(err, 0);
}


static void
test_parse_status(void **state)
{
    int     err;
    char    buf[2 * TEST_SIZE];
    size_t  i, len, size;

    static const struct {
        uint16_t                type;
        uint32_t                size;
        int                     status;
        agent_listeners_diag_e  rc;
        int                     err;
    } cases[] = {
        { NLMSG_DONE, 4, 0, AGENT_LISTENERS_DIAG_DONE, 0 },
        { NLMSG_DONE, 4, -ENOENT, AGENT_LISTENERS_DIAG_ERROR, ENOENT },
        { NLMSG_DONE, 4, 1, AGENT_LISTENERS_DIAG_ERROR, EBADMSG },
        { NLMSG_DONE, 0, 0, AGENT_LISTENERS_DIAG_ERROR, EBADMSG },
        { NLMSG_DONE, 3, 0, AGENT_LISTENERS_DIAG_ERROR, EBADMSG },
        { NLMSG_ERROR, 20, 0, AGENT_LISTENERS_DIAG_MORE, 0 },
        { NLMSG_ERROR, 20, -EPERM, AGENT_LISTENERS_DIAG_ERROR, EPERM },
        { NLMSG_ERROR, 20, -4095, AGENT_LISTENERS_DIAG_ERROR, 4095 },
        { NLMSG_ERROR, 20, -4096, AGENT_LISTENERS_DIAG_ERROR, EBADMSG },
        { NLMSG_ERROR, 20, INT32_MIN, AGENT_LISTENERS_DIAG_ERROR, EBADMSG },
        { NLMSG_ERROR, 0, 0, AGENT_LISTENERS_DIAG_ERROR, EBADMSG },
        { NLMSG_OVERRUN, 4, 0, AGENT_LISTENERS_DIAG_ERROR, EBADMSG },
        { NLMSG_NOOP, 0, 0, AGENT_LISTENERS_DIAG_MORE, 0 },
        { SOCK_DIAG_BY_FAMILY, 0, 0, AGENT_LISTENERS_DIAG_ERROR, EBADMSG },
        { SOCK_DIAG_BY_FAMILY, TEST_SIZE - NLMSG_HDRLEN - 1, 0,
          AGENT_LISTENERS_DIAG_ERROR, EBADMSG },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        print_message("%zu\n", i);

        memset(buf, 0, sizeof(buf));
        len = test_message(buf, cases[i].type, AF_INET, 8080);
        size = NLMSG_HDRLEN + cases[i].size;

        memcpy(buf, &(uint32_t) { size }, 4);

        if (cases[i].type != SOCK_DIAG_BY_FAMILY) {
            memcpy(buf + NLMSG_HDRLEN, &cases[i].status, 4);
        }

        test_diag.n = 0;
        err = 0;
        assert_int_equal(agent_listeners_diag_parse(buf, size, AF_INET,
                                                    TEST_SEQ, test_collect,
                                                    &test_diag, &err),
                         cases[i].rc);
        assert_int_equal(err, cases[i].err);
        assert_int_equal(test_diag.n, 0);
    }

    /* cut anywhere; whatever length it says that it has */

    for (size = 1; size < len; size++) {
        (void) test_message(buf, SOCK_DIAG_BY_FAMILY, AF_INET, 8080);
        assert_int_equal(agent_listeners_diag_parse(buf, size, AF_INET,
                                                    TEST_SEQ, test_collect,
                                                    &test_diag, &err),
                         AGENT_LISTENERS_DIAG_ERROR);

        memcpy(buf, &(uint32_t) { size }, 4);
        assert_int_equal(agent_listeners_diag_parse(buf, len, AF_INET, TEST_SEQ,
                                                    test_collect, &test_diag,
                                                    &err),
                         AGENT_LISTENERS_DIAG_ERROR);
    }

    memcpy(buf, &(uint32_t) { UINT32_MAX }, 4);
    assert_int_equal(agent_listeners_diag_parse(buf, len, AF_INET, TEST_SEQ,
                                                test_collect, &test_diag, &err),
                     AGENT_LISTENERS_DIAG_ERROR);
    assert_int_equal(test_diag.n, 0);
}


/* TEST_SIZE octets, of 127.0.0.1 or 7f00:1:: */

static size_t
test_message(char *p, uint16_t type, int family, uint16_t port)
{
    struct nlmsghdr       head;
    struct inet_diag_msg  diag;

    memset(&head, 0, sizeof(struct nlmsghdr));
    head.nlmsg_len = TEST_SIZE;
    head.nlmsg_type = type;
    head.nlmsg_flags = NLM_F_MULTI;
    head.nlmsg_seq = TEST_SEQ;

    memset(&diag, 0, sizeof(struct inet_diag_msg));

    if (type == SOCK_DIAG_BY_FAMILY) {
        diag.idiag_family = family;
        diag.idiag_state = TCP_LISTEN;
        diag.id.idiag_sport = htons(port);
        diag.id.idiag_src[0] = htonl(INADDR_LOOPBACK);
    }

    memcpy(p, &head, sizeof(struct nlmsghdr));
    memcpy(p + NLMSG_HDRLEN, &diag, sizeof(struct inet_diag_msg));

    return TEST_SIZE;
}


static void
test_listen_all(void)
{
    int                 i, fd, peer;
    socklen_t           len;
    struct sockaddr_in  sin;

    fd = test_listener(AF_INET, "127.0.0.2", 8001);
    assert_true(fd != -1);

    /* connections of a listener are none, open or half closed */

    len = sizeof(struct sockaddr_in);
    assert_int_equal(getsockname(fd, (struct sockaddr *) &sin, &len), 0);

    for (i = 0; i < 4; i++) {
        peer = socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0);
        assert_int_equal(connect(peer, (struct sockaddr *) &sin, len), 0);

        if (i == 1) {
            assert_int_equal(shutdown(peer, SHUT_WR), 0);
        }
    }

    assert_true(test_listener(AF_INET, "0.0.0.0", 8002) != -1);
    assert_true(test_listener(AF_INET, "127.0.0.1", 8003) != -1);
    assert_true(test_listener(AF_INET, "127.0.0.3", 8003) != -1);

    for (i = 0; i < TEST_MANY; i++) {
        assert_true(test_listener(AF_INET, "127.0.0.1", TEST_FIRST + i) != -1);
    }

    if (test_listener(AF_INET6, "::1", 8003) == -1) {
        print_message("no IPv6 here: %s\n", strerror(errno));
        return;
    }

    assert_true(test_listener(AF_INET6, "::", 8004) != -1);
    assert_true(test_listener(AF_INET6, "::ffff:127.0.0.1", 8005) != -1);

    for (i = 0; i < TEST_MANY; i++) {
        assert_true(test_listener(AF_INET6, "::1", TEST_FIRST + i) != -1);
    }
}


static int
test_listener(int family, const char *address, uint16_t port)
{
    int                  fd;
    struct sockaddr_in   sin;
    struct sockaddr_in6  sin6;

    fd = socket(family, SOCK_STREAM|SOCK_CLOEXEC, 0);
    if (fd == -1) {
        return -1;
    }

    memset(&sin, 0, sizeof(struct sockaddr_in));
    memset(&sin6, 0, sizeof(struct sockaddr_in6));

    sin.sin_family = AF_INET;
    sin.sin_port = htons(port);
    sin6.sin6_family = AF_INET6;
    sin6.sin6_port = htons(port);

    if (family == AF_INET) {
        assert_int_equal(inet_pton(family, address, &sin.sin_addr), 1);

    } else {
        assert_int_equal(inet_pton(family, address, &sin6.sin6_addr), 1);
    }

    if (bind(fd,
             family == AF_INET ? (struct sockaddr *) &sin
                               : (struct sockaddr *) &sin6,
             family == AF_INET ? sizeof(struct sockaddr_in)
                               : sizeof(struct sockaddr_in6))
        == -1
        || listen(fd, 8) == -1)
    {
        close(fd);
        return -1;
    }

    test_expected++;

    return fd;
}


static int
test_collect(const agent_listeners_addr_t *entry, void *data)
{
    test_list_t *list = data;

    assert_true(list->n < TEST_MAX);
    list->entry[list->n++] = *entry;

    return list->n == list->max;
}


static int
test_compare(const void *one, const void *two)
{
    const agent_listeners_addr_t *a = one;
    const agent_listeners_addr_t *b = two;

    if (a->port != b->port) {
        return a->port < b->port ? -1 : 1;
    }

    return memcmp(a, b, sizeof(agent_listeners_addr_t));
}


static size_t
test_descriptors(void)
{
    int     fd;
    size_t  n;

    n = 0;

    for (fd = 0; fd < 4096; fd++) {
        n += (fcntl(fd, F_GETFD) != -1);
    }

    return n;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_status),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_refused)
    };

    return cmocka_run_group_tests(tests, test_network, NULL);
}
