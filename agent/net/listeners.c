
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "net/listeners.h"
#include "net/listeners_diag.h"
#include "net/listeners_proc.h"


typedef struct {
    agent_listeners_port_t  *list;
    size_t                   n;
    size_t                   max;
} agent_listeners_list_t;


static int agent_listeners_lasting(int err);
static int agent_listeners_first(const agent_listeners_addr_t *entry,
    void *data);
static int agent_listeners_add(const agent_listeners_addr_t *entry, void *data);


static int  agent_listeners_refused;


void
agent_listeners_scan(agent_listeners_pt handler, void *data)
{
    int  err;

    if (!agent_listeners_refused) {
        err = agent_listeners_diag(handler, data);

        if (err == 0) {
            return;
        }

        /* procfs takes milliseconds: use it only as a fallback */

        agent_listeners_refused = agent_listeners_lasting(err);
    }

    agent_listeners_proc(handler, data);
}


/* 1 if the error is permanent: caused by the kernel or by a seccomp filter */

static int
agent_listeners_lasting(int err)
{
    switch (err) {

    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
    case ENOENT:
    case EPERM:
    case EACCES:
        return 1;

    default:
        return 0;
    }
}


int
agent_listeners_find(uint16_t port, agent_listeners_addr_t *addr)
{
    addr->family = AF_UNSPEC;
    addr->port = port;

    agent_listeners_scan(agent_listeners_first, addr);

    return addr->family != AF_UNSPEC;
}


static int
agent_listeners_first(const agent_listeners_addr_t *entry, void *data)
{
    agent_listeners_addr_t *addr = data;

    if (entry->port != addr->port) {
        return 0;
    }

    *addr = *entry;

    return 1;
}


socklen_t
agent_listeners_sockaddr(const agent_listeners_addr_t *addr,
    struct sockaddr_storage *ss)
{
    struct sockaddr_in   *sin;
    struct sockaddr_in6  *sin6;

    memset(ss, 0, sizeof(struct sockaddr_storage));

    if (addr->family == AF_INET) {
        sin = (struct sockaddr_in *) ss;

        sin->sin_family = AF_INET;
        sin->sin_port = htons(addr->port);
        sin->sin_addr = addr->addr.v4;

        if (sin->sin_addr.s_addr == htonl(INADDR_ANY)) {
            sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        }

        return sizeof(struct sockaddr_in);
    }

    sin6 = (struct sockaddr_in6 *) ss;

    sin6->sin6_family = AF_INET6;
    sin6->sin6_port = htons(addr->port);
    sin6->sin6_addr = addr->addr.v6;

    if (IN6_IS_ADDR_UNSPECIFIED(&sin6->sin6_addr)) {
        sin6->sin6_addr = in6addr_loopback;
    }

    return sizeof(struct sockaddr_in6);
}


size_t
agent_listeners(agent_listeners_port_t *list, size_t max)
{
    agent_listeners_list_t  ctx;

    ctx.list = list;
    ctx.n = 0;
    ctx.max = max;

    agent_listeners_scan(agent_listeners_add, &ctx);

    return ctx.n;
}


static int
agent_listeners_add(const agent_listeners_addr_t *entry, void *data)
{
    agent_listeners_list_t *ctx = data;

    size_t                   i;
    agent_listeners_port_t  *l;

    for (i = 0; i < ctx->n && ctx->list[i].port < entry->port; i++) {
        /* void */
    }

    if (i == ctx->max || (i < ctx->n && ctx->list[i].port == entry->port)) {
        return 0;
    }

    if (ctx->n < ctx->max) {
        ctx->n++;
    }

    l = &ctx->list[i];
    memmove(l + 1, l, (ctx->n - 1 - i) * sizeof(agent_listeners_port_t));

    l->port = entry->port;

    if (inet_ntop(entry->family, &entry->addr, l->address,
                  sizeof(l->address))
        == NULL)
    {
        l->address[0] = '\0';
    }

    return 0;
}
