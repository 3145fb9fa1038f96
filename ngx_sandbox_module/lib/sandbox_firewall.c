
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE            /* memmem() */
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/sandbox_firewall.h"


/* limit of a set of legacy rules */
#define SANDBOX_FIREWALL_LEGACY_MAX  (16 * 1024 * 1024)

/* a chain's name in these rules, with the bytes around it */
static const char  sandbox_firewall_name[] = "\0" SANDBOX_FIREWALL_CHAIN;


static int sandbox_firewall_chain(int fd,
    const sandbox_firewall_chain_t *chain);
static void sandbox_firewall_attr(char **p, uint16_t type, const char *text);
static const struct nlattr *sandbox_firewall_find(const char *p, size_t len,
    uint16_t type, size_t least);
static uint32_t sandbox_firewall_u32(const struct nlattr *attr);
static int sandbox_firewall_legacy(void);
static int sandbox_firewall_legacy_table(void);


static const sandbox_firewall_chain_t  sandbox_firewall_chains[] = {
    { "prerouting", NF_INET_PRE_ROUTING },
    { "input", NF_INET_LOCAL_IN },
    { "forward", NF_INET_FORWARD },
    { NULL, 0 }
};


int
sandbox_firewall_check(void)
{
    int                              fd, err;
    const sandbox_firewall_chain_t  *chain;

    fd = socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_NETFILTER);

    if (fd == -1) {

        /* a kernel without nfnetlink */

        return (errno == EPROTONOSUPPORT) ? sandbox_firewall_legacy() : -1;
    }

    err = 0;

    for (chain = sandbox_firewall_chains; chain->name; chain++) {

        if (sandbox_firewall_chain(fd, chain) == -1) {
            err = errno;
            break;
        }
    }

    close(fd);

    if (err == 0) {
        return 0;
    }

    /* EINVAL: nfnetlink without nf_tables */

    if (err == ENOENT || err == EINVAL || err == EOPNOTSUPP) {
        return sandbox_firewall_legacy();
    }

    errno = err;

    return -1;
}


static int
sandbox_firewall_chain(int fd, const sandbox_firewall_chain_t *chain)
{
    size_t              len;
    ssize_t             n;
    struct sockaddr_nl  kernel;

    union {
        struct nlmsghdr  header;
        char             bytes[SANDBOX_FIREWALL_MESSAGE];
    } u;

    len = sandbox_firewall_ask(chain, &u, sizeof(u));

    memset(&kernel, 0, sizeof(struct sockaddr_nl));
    kernel.nl_family = AF_NETLINK;

    do {
        n = sendto(fd, &u, len, 0, (struct sockaddr *) &kernel,
                   sizeof(struct sockaddr_nl));
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        return -1;
    }

    /* the kernel replies before sendto() returns */

    do {
        n = recv(fd, &u, sizeof(u), MSG_DONTWAIT);
    } while (n == -1 && errno == EINTR);

    return (n == -1) ? -1 : sandbox_firewall_answer(chain, &u, n);
}


size_t
sandbox_firewall_ask(const sandbox_firewall_chain_t *chain, void *buf,
    size_t size)
{
    char              *p;
    size_t             len;
    struct nlmsghdr   *header;
    struct nfgenmsg   *gen;

    len = NLMSG_SPACE(sizeof(struct nfgenmsg))
          + NLMSG_ALIGN(NLA_HDRLEN + sizeof(SANDBOX_FIREWALL_TABLE))
          + NLMSG_ALIGN(NLA_HDRLEN + strlen(chain->name) + 1);

    if (len > size) {
        return 0;
    }

    memset(buf, 0, len);

    header = buf;
    header->nlmsg_len = len;
    header->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETCHAIN;
    header->nlmsg_flags = NLM_F_REQUEST;
    header->nlmsg_seq = 1;

    gen = NLMSG_DATA(header);
    gen->nfgen_family = NFPROTO_INET;
    gen->version = NFNETLINK_V0;

    p = (char *) buf + NLMSG_SPACE(sizeof(struct nfgenmsg));

    sandbox_firewall_attr(&p, NFTA_CHAIN_TABLE, SANDBOX_FIREWALL_TABLE);
    sandbox_firewall_attr(&p, NFTA_CHAIN_NAME, chain->name);

    return len;
}


static void
sandbox_firewall_attr(char **p, uint16_t type, const char *text)
{
    struct nlattr  *attr;

    attr = (struct nlattr *) *p;
    attr->nla_type = type;
    attr->nla_len = NLA_HDRLEN + strlen(text) + 1;

    memcpy(*p + NLA_HDRLEN, text, strlen(text) + 1);

    *p += NLA_ALIGN(attr->nla_len);
}


int
sandbox_firewall_answer(const sandbox_firewall_chain_t *chain,
    const void *buf, size_t size)
{
    size_t                  len;
    const char             *p;
    const struct nlattr    *hook, *attr;
    const struct nlmsghdr  *header;
    const struct nlmsgerr  *error;

    header = buf;

    if (size < NLMSG_HDRLEN
        || header->nlmsg_len < NLMSG_HDRLEN
        || header->nlmsg_len > size)
    {
        goto invalid;
    }

    if (header->nlmsg_type == NLMSG_ERROR) {

        if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))) {
            goto invalid;
        }

        error = NLMSG_DATA(header);

        if (error->error >= 0) {
            goto invalid;
        }

        errno = -error->error;
        return -1;
    }

    if (header->nlmsg_type != ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWCHAIN)
        || header->nlmsg_len < NLMSG_SPACE(sizeof(struct nfgenmsg)))
    {
        goto invalid;
    }

    p = (const char *) buf + NLMSG_SPACE(sizeof(struct nfgenmsg));
    len = header->nlmsg_len - NLMSG_SPACE(sizeof(struct nfgenmsg));

    hook = sandbox_firewall_find(p, len, NFTA_CHAIN_HOOK, 0);
    attr = sandbox_firewall_find(p, len, NFTA_CHAIN_USE, sizeof(uint32_t));

    /* the chain was flushed, or is another one of the same name */

    if (hook == NULL || attr == NULL || sandbox_firewall_u32(attr) == 0) {
        errno = ENOENT;
        return -1;
    }

    attr = sandbox_firewall_find((const char *) hook + NLA_HDRLEN,
                                 hook->nla_len - NLA_HDRLEN,
                                 NFTA_HOOK_HOOKNUM, sizeof(uint32_t));

    if (attr == NULL || sandbox_firewall_u32(attr) != chain->hook) {
        errno = ENOENT;
        return -1;
    }

    return 0;

invalid:

    errno = EPROTO;
    return -1;
}


static const struct nlattr *
sandbox_firewall_find(const char *p, size_t len, uint16_t type, size_t least)
{
    size_t                step;
    const struct nlattr  *attr;

    while (len >= NLA_HDRLEN) {
        attr = (const struct nlattr *) p;

        if (attr->nla_len < NLA_HDRLEN || attr->nla_len > len) {
            return NULL;
        }

        if ((attr->nla_type & NLA_TYPE_MASK) == type) {
            return ((size_t) attr->nla_len - NLA_HDRLEN >= least) ? attr
                                                                  : NULL;
        }

        step = NLA_ALIGN(attr->nla_len);

        if (step > len) {
            return NULL;
        }

        p += step;
        len -= step;
    }

    return NULL;
}


static uint32_t
sandbox_firewall_u32(const struct nlattr *attr)
{
    uint32_t  value;

    memcpy(&value, (const char *) attr + NLA_HDRLEN, sizeof(uint32_t));

    return ntohl(value);
}


/*
 * If the rules are those of legacy iptables: look for the name of the chain,
 * which is in its first entry.  The mangle table is used by nothing else.
 */

static int
sandbox_firewall_legacy(void)
{
    int                     fd, err;
    size_t                  size;
    socklen_t               len;
    struct ipt_getinfo      info;
    struct ipt_get_entries *entries;

    entries = NULL;
    err = ENOENT;

    if (sandbox_firewall_legacy_table() == -1) {
        return -1;
    }

    fd = socket(AF_INET, SOCK_RAW|SOCK_CLOEXEC, IPPROTO_RAW);
    if (fd == -1) {
        return -1;
    }

    memset(&info, 0, sizeof(struct ipt_getinfo));
    strcpy(info.name, "mangle");

    len = sizeof(struct ipt_getinfo);

    if (getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, &info, &len) == -1) {

        /* no legacy iptables either */

        err = (errno == EPERM) ? EPERM : ENOENT;
        goto failed;
    }

    if (info.size > SANDBOX_FIREWALL_LEGACY_MAX) {
        err = EFBIG;
        goto failed;
    }

    size = sizeof(struct ipt_get_entries) + info.size;

    entries = calloc(1, size);
    if (entries == NULL) {
        err = ENOMEM;
        goto failed;
    }

    strcpy(entries->name, "mangle");
    entries->size = info.size;

    len = size;

    if (getsockopt(fd, IPPROTO_IP, IPT_SO_GET_ENTRIES, entries, &len) == -1) {
        err = errno;
        goto failed;
    }

    if (memmem(entries->entrytable, info.size, sandbox_firewall_name,
               sizeof(sandbox_firewall_name))
        == NULL)
    {
        goto failed;
    }

    free(entries);
    close(fd);

    return 0;

failed:

    free(entries);
    close(fd);

    errno = err;

    return -1;
}


/* reading the rules of a table would create it: check that it exists */

static int
sandbox_firewall_legacy_table(void)
{
    int      fd, err;
    char     buf[1024];
    ssize_t  n;

    fd = open("/proc/net/ip_tables_names", O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        errno = (errno == EACCES) ? EPERM : errno;
        return -1;
    }

    n = read(fd, buf, sizeof(buf) - 1);
    err = errno;

    close(fd);

    if (n == -1) {
        errno = err;
        return -1;
    }

    buf[n] = '\0';

    if (strncmp(buf, "mangle\n", 7) == 0 || strstr(buf, "\nmangle\n")) {
        return 0;
    }

    errno = ENOENT;

    return -1;
}
