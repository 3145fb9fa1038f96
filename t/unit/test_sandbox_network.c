
/*
 * Copyright (C) the ngx_sandbox authors
 */


#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/sandbox_firewall.h"


/*
 * The question and the answer by themselves, and both against the kernel, in
 * network namespaces of the test's own.
 */


static const sandbox_firewall_chain_t  chain = { "input", NF_INET_LOCAL_IN };

static union {
    struct nlmsghdr  header;
    char             bytes[1024];
} u;


/* an attribute at the message's end; nested ones are filled in later */

static struct nlattr *
add(uint16_t type, const void *data, size_t len)
{
    struct nlattr  *attr;

    attr = (struct nlattr *) (u.bytes + u.header.nlmsg_len);
    attr->nla_type = type;
    attr->nla_len = NLA_HDRLEN + len;

    if (len) {
        memcpy((char *) attr + NLA_HDRLEN, data, len);
    }

    u.header.nlmsg_len += NLA_ALIGN(attr->nla_len);

    return attr;
}


static void
begin(void)
{
    memset(&u, 0, sizeof(u));

    u.header.nlmsg_len = NLMSG_SPACE(sizeof(struct nfgenmsg));
    u.header.nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWCHAIN;
}


/* what the kernel says of a chain with that hook and so many rules */

static void
told(int hook, uint32_t use)
{
    uint32_t        n;
    struct nlattr  *nest;

    begin();

    add(NFTA_CHAIN_NAME, "input", 6);

    if (hook != -1) {
        nest = add(NFTA_CHAIN_HOOK | NLA_F_NESTED, NULL, 0);
        n = htonl(hook);
        add(NFTA_HOOK_HOOKNUM, &n, sizeof(n));
        nest->nla_len += NLA_HDRLEN + sizeof(n);
    }

    n = htonl(use);
    add(NFTA_CHAIN_USE, &n, sizeof(n));
}


static int
answer(size_t size)
{
    int    rc;
    void  *exact;

    /* no byte more than there is, for the sanitizer */

    exact = malloc(size ? size : 1);
    assert_non_null(exact);
    memcpy(exact, &u, size);

    errno = 0;
    rc = sandbox_firewall_answer(&chain, exact, size);

    free(exact);

    return rc == 0 ? 0 : errno;
}


static void
test_answer(void **state)
{
    told(NF_INET_LOCAL_IN, 1);
    assert_int_equal(answer(u.header.nlmsg_len), 0);

    told(NF_INET_LOCAL_IN, 0);
    assert_int_equal(answer(u.header.nlmsg_len), ENOENT);

    told(NF_INET_FORWARD, 1);
    assert_int_equal(answer(u.header.nlmsg_len), ENOENT);

    told(-1, 1);
    assert_int_equal(answer(u.header.nlmsg_len), ENOENT);

    begin();
    assert_int_equal(answer(u.header.nlmsg_len), ENOENT);
}


static void
test_answer_error(void **state)
{
    struct nlmsgerr  *error;

    begin();
    u.header.nlmsg_type = NLMSG_ERROR;
    u.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct nlmsgerr));
    error = NLMSG_DATA(&u.header);

    error->error = -ENOENT;
    assert_int_equal(answer(u.header.nlmsg_len), ENOENT);

    error->error = -EPERM;
    assert_int_equal(answer(u.header.nlmsg_len), EPERM);

    /* an acknowledgement is no answer */

    error->error = 0;
    assert_int_equal(answer(u.header.nlmsg_len), EPROTO);

    u.header.nlmsg_len--;
    assert_int_equal(answer(u.header.nlmsg_len), EPROTO);
}


static void
test_answer_bad(void **state)
{
    size_t           n, whole;
    struct nlattr   *attr;

    told(NF_INET_LOCAL_IN, 1);
    whole = u.header.nlmsg_len;

    /* cut anywhere, the header telling the truth or not */

    for (n = 0; n < whole; n++) {
        u.header.nlmsg_len = whole;
        assert_int_not_equal(answer(n), 0);

        u.header.nlmsg_len = n;
        assert_int_not_equal(answer(n), 0);
    }

    /* lengths that do not fit, one after another */

    for (n = NLMSG_SPACE(sizeof(struct nfgenmsg)); n < whole; n += 4) {
        told(NF_INET_LOCAL_IN, 1);
        attr = (struct nlattr *) (u.bytes + n);

        attr->nla_len = 0;
        (void) answer(whole);
        attr->nla_len = 0xffff;
        (void) answer(whole);
    }

    told(NF_INET_LOCAL_IN, 1);
    u.header.nlmsg_type = NLMSG_NOOP;
    assert_int_equal(answer(whole), EPROTO);
}


static void
test_ask(void **state)
{
    size_t  n, len;

    len = sandbox_firewall_ask(&chain, &u, sizeof(u));

    assert_int_not_equal(len, 0);
    assert_int_equal(u.header.nlmsg_len, len);
    assert_non_null(memmem(&u, len, SANDBOX_FIREWALL_TABLE,
                           sizeof(SANDBOX_FIREWALL_TABLE)));
    assert_non_null(memmem(&u, len, "input", 6));

    for (n = 0; n < len; n++) {
        assert_int_equal(sandbox_firewall_ask(&chain, &u, n), 0);
    }
}


/*
 * What the check says in a network namespace of its own, after that command:
 * 0, or an errno.  Without the rights, as another user.
 */

static int
in_namespace(const char *command, int unprivileged)
{
    int    status;
    pid_t  pid;

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        if (unshare(CLONE_NEWNET) == -1) {
            _exit(255);
        }

        if (command && system(command) != 0) {
            _exit(254);
        }

        if (unprivileged && setuid(65534) == -1) {
            _exit(253);
        }

        _exit(sandbox_firewall_check() == 0 ? 0 : errno);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));

    return WEXITSTATUS(status);
}


#define TABLE  "add table inet " SANDBOX_FIREWALL_TABLE "; "
#define CHAIN(name, hook)                                                     \
    "add chain inet " SANDBOX_FIREWALL_TABLE " " name                          \
    " { type filter hook " hook " priority 0; }; "
#define RULE(name)                                                            \
    "add rule inet " SANDBOX_FIREWALL_TABLE " " name " drop; "

#define THREE  TABLE CHAIN("prerouting", "prerouting")                        \
               CHAIN("input", "input") CHAIN("forward", "forward")


static void
test_kernel(void **state)
{
    if (geteuid() != 0 || system("command -v nft >/dev/null") != 0) {
        skip();
    }

    assert_int_equal(in_namespace(NULL, 0), ENOENT);
    assert_int_equal(in_namespace("nft '" TABLE "'", 0), ENOENT);

    /* chains, but nothing in them */

    assert_int_equal(in_namespace("nft '" THREE "'", 0), ENOENT);
    assert_int_equal(in_namespace("nft '" THREE RULE("prerouting")
                                  RULE("input") "'", 0), ENOENT);

    assert_int_equal(in_namespace("nft '" THREE RULE("prerouting")
                                  RULE("input") RULE("forward") "'", 0), 0);

    /* chains that nothing calls */

    assert_int_equal(in_namespace("nft '" TABLE
                                  "add chain inet nginx_sandbox prerouting; "
                                  "add chain inet nginx_sandbox input; "
                                  "add chain inet nginx_sandbox forward; "
                                  RULE("prerouting") RULE("input")
                                  RULE("forward") "'", 0), ENOENT);

    assert_int_equal(in_namespace(NULL, 1), EPERM);
}


static void
test_kernel_legacy(void **state)
{
    if (geteuid() != 0
        || system("command -v iptables-legacy >/dev/null"
                  " && unshare -n iptables-legacy -t mangle -S >/dev/null 2>&1")
           != 0)
    {
        skip();
    }

    assert_int_equal(in_namespace("iptables-legacy -t mangle -N OTHER", 0),
                     ENOENT);
    assert_int_equal(in_namespace("iptables-legacy -t filter -N "
                                  SANDBOX_FIREWALL_CHAIN, 0), ENOENT);
    assert_int_equal(in_namespace("iptables-legacy -t mangle -N "
                                  SANDBOX_FIREWALL_CHAIN "-OF-OTHERS", 0),
                     ENOENT);
    assert_int_equal(in_namespace("iptables-legacy -t mangle -N OTHER-"
                                  SANDBOX_FIREWALL_CHAIN, 0), ENOENT);
    assert_int_equal(in_namespace("iptables-legacy -t mangle -N "
                                  SANDBOX_FIREWALL_CHAIN, 0), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_answer_error),
        cmocka_unit_test(test_answer_bad),
        cmocka_unit_test(test_ask),
        cmocka_unit_test(test_kernel),
        cmocka_unit_test(test_kernel_legacy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
