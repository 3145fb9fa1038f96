
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <cmocka.h>

#include "sys/filter.h"


#define ALLOW    SECCOMP_RET_ALLOW
#define REFUSED  (SECCOMP_RET_ERRNO | EPERM)
#define UNKNOWN  (SECCOMP_RET_ERRNO | ENOSYS)

#define HIGH     0xabcdef0100000000ULL

#if defined(__x86_64__)
#define ARCH     AUDIT_ARCH_X86_64
#define ARCH32   AUDIT_ARCH_I386
#else
#define ARCH     AUDIT_ARCH_AARCH64
#define ARCH32   AUDIT_ARCH_ARM
#endif


static struct sock_filter  code[AGENT_FILTER_MAX];
static size_t              ncode;


static void
program(uid_t uid, gid_t gid)
{
    ncode = agent_filter_program(code, uid, gid);

    assert_true(ncode <= AGENT_FILTER_MAX);
}


/* runs the program as the kernel does; a jump past its end fails the test */

static uint32_t
run(uint32_t arch, uint32_t nr, uint64_t a, uint64_t b, uint64_t c)
{
    size_t               pc;
    uint32_t             acc;
    struct sock_filter  *f;
    struct seccomp_data  data;

    memset(&data, 0, sizeof(data));
    data.arch = arch;
    data.nr = (int) nr;
    data.args[0] = a;
    data.args[1] = b;
    data.args[2] = c;

    acc = 0;

    for (pc = 0; pc < ncode; pc++) {
        f = &code[pc];

        switch (f->code) {

        case BPF_LD|BPF_W|BPF_ABS:
            assert_true(f->k % 4 == 0 && f->k < sizeof(data));
            memcpy(&acc, (char *) &data + f->k, sizeof(acc));
            break;

        case BPF_ALU|BPF_AND|BPF_K:
            acc &= f->k;
            break;

        case BPF_JMP|BPF_JEQ|BPF_K:
            pc += acc == f->k ? f->jt : f->jf;
            break;

        case BPF_JMP|BPF_JGE|BPF_K:
            pc += acc >= f->k ? f->jt : f->jf;
            break;

        case BPF_JMP|BPF_JSET|BPF_K:
            pc += acc & f->k ? f->jt : f->jf;
            break;

        case BPF_RET|BPF_K:
            return f->k;

        default:
            fail_msg("instruction %zu: code %x", pc, f->code);
        }
    }

    fail_msg("the program has no end");

    return 0;
}


static void
test_ids(void **state)
{
    size_t    i, j;
    uint64_t  id, args[3];

    /* numbers of the 32-bit entry are the same on i386 and ARM */

    static const struct {
        uint32_t   arch;
        uint32_t   nr;
        size_t     n;
        int        group;
    } calls[] = {
        { ARCH, __NR_setuid, 1, 0 }, { ARCH, __NR_setgid, 1, 1 },
        { ARCH, __NR_setreuid, 2, 0 }, { ARCH, __NR_setregid, 2, 1 },
        { ARCH, __NR_setresuid, 3, 0 }, { ARCH, __NR_setresgid, 3, 1 },
        { ARCH, __NR_setfsuid, 1, 0 }, { ARCH, __NR_setfsgid, 1, 1 },
        { ARCH32, 213, 1, 0 }, { ARCH32, 214, 1, 1 },
        { ARCH32, 203, 2, 0 }, { ARCH32, 204, 2, 1 },
        { ARCH32, 208, 3, 0 }, { ARCH32, 210, 3, 1 },
        { ARCH32, 215, 1, 0 }, { ARCH32, 216, 1, 1 }
    };

    program(70001, 70002);

    for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        id = calls[i].group ? 70002 : 70001;

        assert_int_equal(run(calls[i].arch, calls[i].nr, 0, 0, 0), ALLOW);
        assert_int_equal(run(calls[i].arch, calls[i].nr, -1, -1, -1), ALLOW);
        assert_int_equal(run(calls[i].arch, calls[i].nr, 1000, 1000, 1000),
                         ALLOW);

        /* ids of users and groups are apart */
        assert_int_equal(run(calls[i].arch, calls[i].nr, id ^ 3, id ^ 3,
                             id ^ 3), ALLOW);

        for (j = 0; j < 3; j++) {
            memset(args, 0xff, sizeof(args));
            args[j] = id;
            assert_int_equal(run(calls[i].arch, calls[i].nr, args[0], args[1],
                                 args[2]),
                             j < calls[i].n ? REFUSED : ALLOW);

            /* the kernel takes the lower half */

            args[j] = HIGH | id;
            assert_int_equal(run(calls[i].arch, calls[i].nr, args[0], args[1],
                                 args[2]),
                             j < calls[i].n ? REFUSED : ALLOW);

            args[j] = HIGH;
            assert_int_equal(run(calls[i].arch, calls[i].nr, args[0], args[1],
                                 args[2]), ALLOW);
        }
    }

    /* other calls may have such a number among their arguments */

    assert_int_equal(run(ARCH, __NR_getpid, 70001, 70001, 70001), ALLOW);
    assert_int_equal(run(ARCH, __NR_write, 70002, 70002, 70002), ALLOW);

    /* none */

    program(AGENT_FILTER_NONE, AGENT_FILTER_NONE);

    for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        assert_int_equal(run(calls[i].arch, calls[i].nr, 70001, 70001, 70001),
                         ALLOW);
        assert_int_equal(run(calls[i].arch, calls[i].nr, -1, -1, -1), ALLOW);
    }
}


static void
test_ids16(void **state)
{
    size_t    i, j;
    uint64_t  id, args[3];

    static const struct {
        uint32_t   nr;
        size_t     n;
        int        group;
    } calls[] = {
        { 23, 1, 0 }, { 46, 1, 1 }, { 70, 2, 0 }, { 71, 2, 1 },
        { 164, 3, 0 }, { 170, 3, 1 }, { 138, 1, 0 }, { 139, 1, 1 }
    };

    program(995, 994);

    for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        id = calls[i].group ? 994 : 995;

        assert_int_equal(run(ARCH32, calls[i].nr, 0, 0, 0), ALLOW);
        assert_int_equal(run(ARCH32, calls[i].nr, -1, -1, -1), ALLOW);

        for (j = 0; j < 3; j++) {
            memset(args, 0xff, sizeof(args));

            /* the kernel takes sixteen bits */

            args[j] = HIGH | 0x7fff0000 | id;
            assert_int_equal(run(ARCH32, calls[i].nr, args[0], args[1],
                                 args[2]),
                             j < calls[i].n ? REFUSED : ALLOW);
        }
    }

    /* what is longer cannot be said in sixteen bits */

    program(65536 + 995, 65536 + 994);

    assert_int_equal(run(ARCH32, 23, 995, 0, 0), ALLOW);
    assert_int_equal(run(ARCH32, 46, 994, 0, 0), ALLOW);
    assert_int_equal(run(ARCH32, 213, 65536 + 995, 0, 0), REFUSED);
}


static void
test_calls(void **state)
{
    uint32_t  nr;

    program(70001, 70001);

    /* user namespaces, and no other flag */

    assert_int_equal(run(ARCH, __NR_unshare, CLONE_NEWUSER, 0, 0), REFUSED);
    assert_int_equal(run(ARCH, __NR_unshare, HIGH|CLONE_NEWUSER|CLONE_NEWNS,
                         0, 0), REFUSED);
    assert_int_equal(run(ARCH, __NR_unshare, ~CLONE_NEWUSER, 0, 0), ALLOW);
    assert_int_equal(run(ARCH, __NR_clone, CLONE_NEWUSER|SIGCHLD, 0, 0),
                     REFUSED);
    assert_int_equal(run(ARCH, __NR_clone, CLONE_VM|CLONE_VFORK|SIGCHLD, 0,
                         0), ALLOW);
    assert_int_equal(run(ARCH32, 120, CLONE_NEWUSER|SIGCHLD, 0, 0), REFUSED);
    assert_int_equal(run(ARCH32, 120, SIGCHLD, 0, 0), ALLOW);

    assert_int_equal(run(ARCH, __NR_clone3, 0, 0, 0), UNKNOWN);
    assert_int_equal(run(ARCH32, 435, 0, 0, 0), UNKNOWN);

    /* AF_VSOCK, AF_ALG */

    assert_int_equal(run(ARCH, __NR_socket, 40, 1, 0), REFUSED);
    assert_int_equal(run(ARCH, __NR_socket, HIGH|40, 1, 0), REFUSED);
    assert_int_equal(run(ARCH, __NR_socket, 38, 5, 0), REFUSED);
    assert_int_equal(run(ARCH, __NR_socket, 1, 1, 0), ALLOW);
    assert_int_equal(run(ARCH, __NR_socket, 2, 1, 0), ALLOW);
    assert_int_equal(run(ARCH, __NR_socket, 10, 40, 40), ALLOW);

    /* nobody can see what socketcall() makes, but what it does otherwise */

    assert_int_equal(run(ARCH32, 102, 1, 0, 0), UNKNOWN);
    assert_int_equal(run(ARCH32, 102, 3, 0, 0), ALLOW);

    for (nr = 425; nr <= 427; nr++) {
        assert_int_equal(run(ARCH, nr, 0, 0, 0), REFUSED);
        assert_int_equal(run(ARCH32, nr, 0, 0, 0), REFUSED);
    }

    assert_int_equal(run(ARCH, 424, 0, 0, 0), ALLOW);
    assert_int_equal(run(ARCH, 428, 0, 0, 0), ALLOW);

    /* a number of one entry means another call by the other */

    assert_int_equal(run(ARCH, 213, 70001, 0, 0), ALLOW);
    assert_int_equal(run(ARCH32, __NR_setuid, 70001, 0, 0),
                     __NR_setuid == 213 ? REFUSED : ALLOW);

    assert_int_equal(run(AUDIT_ARCH_S390X, 1, 0, 0, 0), UNKNOWN);

#if defined(__x86_64__)
    assert_int_equal(run(ARCH32, 310, CLONE_NEWUSER, 0, 0), REFUSED);
    assert_int_equal(run(ARCH32, 359, 40, 1, 0), REFUSED);
    assert_int_equal(run(ARCH32, 359, 2, 1, 0), ALLOW);
    assert_int_equal(run(ARCH, 0x40000000 | __NR_setuid, 70001, 0, 0),
                     UNKNOWN);
    assert_int_equal(run(ARCH, 0x40000000 | __NR_getpid, 0, 0, 0), UNKNOWN);
#else
    assert_int_equal(run(ARCH32, 337, CLONE_NEWUSER, 0, 0), REFUSED);
    assert_int_equal(run(ARCH32, 281, 40, 1, 0), REFUSED);
    assert_int_equal(run(ARCH32, 281, 2, 1, 0), ALLOW);
#endif
}


/* most ids cannot be passed in sixteen bits */

static void
test_size(void **state)
{
    program(70001, 70001);
    assert_true(ncode <= 128);

    program(995, 994);
    assert_true(ncode <= 192);
}


#if defined(__x86_64__)

static long
call32(long nr, long a, long b, long c)
{
    long  rc;

    __asm__ volatile ("int $0x80"
                      : "=a" (rc)
                      : "a" (nr), "b" (a), "c" (b), "d" (c)
                      : "memory", "r8", "r9", "r10", "r11");

    return (int) rc;
}

#endif


/* in a child, as it is for good: the number of the check that failed */

static int
installed(uid_t uid, gid_t gid)
{
    if (agent_filter_install(uid, gid) != 0) {
        return 1;
    }

    if (uid != 70001) {
        return syscall(__NR_setresuid, 70001, 70001, 70001) == 0 ? 0 : 2;
    }

    if (syscall(__NR_setresuid, 70001, -1, -1) != -1 || errno != EPERM) {
        return 3;
    }

    if (syscall(__NR_setresgid, 0, 0, 70002) != -1 || errno != EPERM) {
        return 4;
    }

    if (syscall(__NR_clone3, NULL, 0) != -1 || errno != ENOSYS) {
        return 5;
    }

    if (syscall(__NR_socket, 40, 1, 0) != -1 || errno != EPERM) {
        return 6;
    }

    if (syscall(__NR_unshare, CLONE_NEWUSER) != -1 || errno != EPERM) {
        return 7;
    }

    if (syscall(__NR_io_uring_setup, 1, NULL) != -1 || errno != EPERM) {
        return 8;
    }

#if defined(__x86_64__)

    if (syscall(0x40000000 | __NR_getpid) != -1 || errno != ENOSYS) {
        return 9;
    }

    /* -ENOSYS for anything: this kernel has no such entry */

    if (call32(20 /* getpid */, 0, 0, 0) > 0) {

        if (call32(208, 70001, -1, -1) != -EPERM) {
            return 10;
        }

        if (call32(359, 40, 1, 0) != -EPERM) {
            return 11;
        }

        if (call32(102, 1, 0, 0) != -ENOSYS) {
            return 12;
        }
    }

#endif

    /* it is not removed by another one that allows everything */

    if (agent_filter_install(0, 0) != 0
        || syscall(__NR_setresuid, 70001, 70001, 70001) != -1)
    {
        return 13;
    }

    if (syscall(__NR_setresuid, 1000, 1000, 1000) != 0) {
        return 14;
    }

    return 0;
}


static int
in_child(uid_t uid, gid_t gid)
{
    int    status;
    pid_t  pid;

    pid = fork();
    assert_true(pid != -1);

    if (pid == 0) {
        _exit(installed(uid, gid));
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));

    return WEXITSTATUS(status);
}


static void
test_install(void **state)
{
    if (geteuid() != 0) {
        skip();
    }

    assert_int_equal(in_child(70001, 70002), 0);

    /* nginx as root, or one that is not mapped here */

    assert_int_equal(in_child(0, 0), 0);
    assert_int_equal(in_child(65534, 65534), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_ids16),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_install)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
