
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/ac_agent_socket.h"
#include "ac_test.h"


/* the sockets of a sandbox's directory, and who is at the other end */


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

    assert_int_equal(ac_agent_socket_connect(dir, "agent", SOCK_STREAM), -1);
    assert_int_equal(errno, ENOENT);

    mask = umask(077);
    fd = ac_agent_socket_listen(dir, "agent", SOCK_STREAM);
    umask(mask);

    assert_int_not_equal(fd, -1);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);

    (void) snprintf(path, sizeof(path), "%s/agent.sock", dir);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0666);

    conn = ac_agent_socket_connect(dir, "agent", SOCK_STREAM);
    assert_int_not_equal(conn, -1);
    assert_true(fcntl(conn, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(conn, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(read(conn, &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    close(conn);

    /* of the other type */

    assert_int_equal(ac_agent_socket_connect(dir, "agent", SOCK_SEQPACKET), -1);
    assert_int_equal(errno, EPROTOTYPE);

    /* it takes the place of what was there */

    again = ac_agent_socket_listen(dir, "agent", SOCK_STREAM);
    assert_int_not_equal(again, -1);
    close(fd);

    conn = ac_agent_socket_connect(dir, "agent", SOCK_STREAM);
    assert_int_not_equal(conn, -1);
    close(conn);

    /* a full backlog is not a dead agent */

    for (n = 0; n < 5000; n++) {
        full[n] = ac_agent_socket_connect(dir, "agent", SOCK_STREAM);

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

    assert_int_equal(ac_agent_socket_connect(dir, "agent", SOCK_STREAM), -1);
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

    assert_int_equal(ac_agent_socket_listen("/nonexistent", "a",
                                            SOCK_STREAM), -1);
    assert_int_equal(errno, ENOENT);

    assert_int_equal(ac_agent_socket_listen(dir, "a/b", SOCK_STREAM), -1);
    assert_int_equal(errno, EINVAL);

    assert_int_equal(ac_agent_socket_listen(dir, "", SOCK_STREAM), -1);
    assert_int_equal(errno, EINVAL);

    /* 107 bytes fit, 108 do not */

    len = 107 - strlen(dir) - 1 - strlen(".sock");
    memset(longest, 'x', len + 1);
    longest[len + 1] = '\0';

    assert_int_equal(ac_agent_socket_listen(dir, longest, SOCK_STREAM), -1);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_int_equal(ac_agent_socket_connect(dir, longest, SOCK_STREAM), -1);
    assert_int_equal(errno, ENAMETOOLONG);

    longest[len] = '\0';

    close(ac_agent_socket_listen(dir, longest, SOCK_STREAM));
    remove_socket(longest);

    /* nothing is left of one that could not be renamed */

    (void) snprintf(path, sizeof(path), "%s/taken.sock", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(ac_agent_socket_listen(dir, "taken", SOCK_STREAM), -1);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(rmdir(path), 0);

    assert_int_equal(ac_test_fds(), fds);
}


/* connects from a process of a namespace of its own, or from this one */

static int
peer_of(int unshared, int first)
{
    int    fd, conn, rc, status;
    char   byte;
    pid_t  pid, child;

    fd = ac_agent_socket_listen(dir, "boot", SOCK_SEQPACKET);
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

        conn = ac_agent_socket_connect(dir, "boot", SOCK_SEQPACKET);
        (void) fcntl(conn, F_SETFL, 0);
        _exit(read(conn, &byte, 1) == 0 ? 0 : 1);
    }

    (void) fcntl(fd, F_SETFL, 0);
    conn = -1;

    if (!unshared || geteuid() == 0) {
        conn = accept(fd, NULL, NULL);
        assert_int_not_equal(conn, -1);
    }

    rc = ac_agent_socket_peer_is_init(conn);

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
    assert_int_equal(ac_agent_socket_peer_is_init(pair[0]), -1);
    close(pair[0]);
    close(pair[1]);
}


static void
test_peer_that_is_gone(void **state)
{
    int    fd, conn;
    pid_t  pid;

    fd = ac_agent_socket_listen(dir, "boot", SOCK_SEQPACKET);

    pid = fork();

    if (pid == 0) {
        (void) ac_agent_socket_connect(dir, "boot", SOCK_SEQPACKET);
        _exit(0);
    }

    assert_int_equal(waitpid(pid, NULL, 0), pid);

    conn = accept(fd, NULL, NULL);
    assert_int_not_equal(conn, -1);
    assert_int_equal(ac_agent_socket_peer_is_init(conn), 0);

    close(conn);
    close(fd);
    remove_socket("boot");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_listen_and_connect),
        cmocka_unit_test(test_listen_fails),
        cmocka_unit_test(test_peer),
        cmocka_unit_test(test_peer_that_is_gone),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_agent_socket", tests, setup,
                                       teardown);
}
