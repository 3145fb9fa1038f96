
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <ares.h>

#include "http/ac_dns.h"


/* for one attempt at one server; c-ares doubles it with each round */
#define AC_DNS_TIMEOUT_MS   1000
#define AC_DNS_TRIES        3
#define AC_DNS_TTL_MAX      3600


typedef struct ac_dns_socket_s  ac_dns_socket_t;

struct ac_dns_socket_s {
    ac_dns_socket_t    *next;
    ac_dns_t           *dns;
    ac_watch_t         *watch;
    ares_socket_t       fd;
};


struct ac_dns_query_s {
    ac_dns_query_t     *next;
    ac_dns_t           *dns;
    ac_dns_pt           handler;         /* NULL: cancelled */
    void               *data;
    char                host[256];
    ac_dns_result_t     result;
};


struct ac_dns_s {
    ac_loop_t          *loop;
    ac_timer_t         *timer;           /* c-ares' */
    ac_timer_t         *kick;            /* delivers the results */
    ac_dns_socket_t    *sockets;
    ac_dns_query_t     *done;
    char               *servers;
    int                *gone;
    ares_channel        channel;
    unsigned            library:1;
    unsigned            open:1;
    unsigned            deaf:1;          /* a socket is not watched */
};


static int ac_dns_open(ac_dns_t *dns);
static void ac_dns_arm(ac_dns_t *dns);
static void ac_dns_answer(void *data, int status, int timeouts,
    struct ares_addrinfo *info);
static void ac_dns_addresses(ac_dns_result_t *result,
    const struct ares_addrinfo *info);
static void ac_dns_on_state(void *data, ares_socket_t fd, int readable,
    int writable);
static void ac_dns_forget(ac_dns_t *dns, ares_socket_t fd);
static void ac_dns_socket_handler(void *data, int fd, unsigned events);
static void ac_dns_timer_handler(void *data);
static void ac_dns_kick_handler(void *data);


ac_dns_t *
ac_dns_create(ac_loop_t *loop)
{
    ac_dns_t  *dns;

    dns = calloc(1, sizeof(ac_dns_t));
    if (dns == NULL) {
        return NULL;
    }

    dns->loop = loop;

    dns->timer = loop->timer(loop, AC_BACKGROUND, ac_dns_timer_handler, dns);
    dns->kick = loop->timer(loop, AC_BACKGROUND, ac_dns_kick_handler, dns);

    if (dns->timer == NULL || dns->kick == NULL
        || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
    {
        ac_dns_destroy(dns);
        return NULL;
    }

    dns->library = 1;

    return dns;
}


void
ac_dns_destroy(ac_dns_t *dns)
{
    ac_dns_query_t  *query;

    if (dns->gone) {
        *dns->gone = 1;
    }

    if (dns->open) {

        /* completes all queries, which moves them to the done list */

        ares_destroy(dns->channel);
    }

    while ((query = dns->done) != NULL) {
        dns->done = query->next;
        free(query);
    }

    while (dns->sockets) {
        ac_dns_forget(dns, dns->sockets->fd);
    }

    if (dns->timer) {
        dns->loop->free_timer(dns->timer);
    }

    if (dns->kick) {
        dns->loop->free_timer(dns->kick);
    }

    if (dns->library) {
        ares_library_cleanup();
    }

    free(dns->servers);
    free(dns);
}


int
ac_dns_servers(ac_dns_t *dns, const char *servers)
{
    char  *copy;

    copy = strdup(servers);
    if (copy == NULL) {
        return -1;
    }

    free(dns->servers);
    dns->servers = copy;

    return 0;
}


ac_dns_query_t *
ac_dns_resolve(ac_dns_t *dns, const char *host, ac_dns_pt handler,
    void *data)
{
    ac_dns_query_t             *query;
    struct ares_addrinfo_hints  hints;

    query = calloc(1, sizeof(ac_dns_query_t));
    if (query == NULL) {
        return NULL;
    }

    query->dns = dns;
    query->handler = handler;
    query->data = data;

    (void) snprintf(query->host, sizeof(query->host), "%s", host);

    if (ac_dns_open(dns) == -1) {
        free(query);
        return NULL;
    }

    memset(&hints, 0, sizeof(struct ares_addrinfo_hints));

    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NOSORT;

    /* may complete the query at once */

    ares_getaddrinfo(dns->channel, query->host, NULL, &hints, ac_dns_answer,
                     query);

    ac_dns_arm(dns);

    return query;
}


void
ac_dns_cancel(ac_dns_query_t *query)
{
    /* c-ares cannot cancel a single query: ignore its result */

    query->handler = NULL;
}


static int
ac_dns_open(ac_dns_t *dns)
{
    int                  rc;
    struct ares_options  options;

    if (dns->open) {
        return 0;
    }

    memset(&options, 0, sizeof(struct ares_options));

    options.timeout = AC_DNS_TIMEOUT_MS;
    options.tries = AC_DNS_TRIES;
    options.sock_state_cb = ac_dns_on_state;
    options.sock_state_cb_data = dns;

    rc = ares_init_options(&dns->channel, &options,
                           ARES_OPT_TIMEOUTMS|ARES_OPT_TRIES
                           |ARES_OPT_SOCK_STATE_CB);

    if (rc != ARES_SUCCESS) {
        dns->loop->log(dns->loop, AC_LOG_ERR, 0, ares_strerror(rc));
        return -1;
    }

    dns->open = 1;

    if (dns->servers == NULL) {
        return 0;
    }

#if (ARES_VERSION >= 0x011800)
    rc = ares_set_servers_csv(dns->channel, dns->servers);
#else
    rc = ares_set_servers_ports_csv(dns->channel, dns->servers);
#endif

    if (rc != ARES_SUCCESS) {
        dns->loop->log(dns->loop, AC_LOG_ERR, 0, ares_strerror(rc));
        ares_destroy(dns->channel);
        dns->open = 0;
        return -1;
    }

    return 0;
}


static void
ac_dns_arm(ac_dns_t *dns)
{
    unsigned         ms;
    struct timeval   tv, *p;

    p = ares_timeout(dns->channel, NULL, &tv);

    if (p == NULL) {
        dns->loop->stop(dns->timer);
        return;
    }

    /* some versions round down to milliseconds: do not wake up too early */

    ms = (unsigned) (p->tv_sec * 1000 + p->tv_usec / 1000 + 1);

    dns->loop->start(dns->timer, ms);
}


/* runs inside c-ares, which must not be called from here */

static void
ac_dns_answer(void *data, int status, int timeouts,
    struct ares_addrinfo *info)
{
    const char       *why;
    ac_dns_t         *dns;
    ac_dns_query_t   *query, **p;
    ac_dns_result_t  *result;

    query = data;
    dns = query->dns;
    result = &query->result;

    if (status == ARES_SUCCESS) {
        ac_dns_addresses(result, info);
    }

    if (info) {
        ares_freeaddrinfo(info);
    }

    if (result->naddrs == 0) {

        switch (status) {

        case ARES_SUCCESS:
        case ARES_ENODATA:
            why = "the name has no address";
            break;

        case ARES_ENOTFOUND:
            why = "no such host";
            break;

        case ARES_ETIMEOUT:
            why = "no answer from the name servers";
            break;

        case ARES_ECANCELLED:
            why = "a socket to a name server could not be watched";
            break;

        default:
            why = ares_strerror(status);
            break;
        }

        result->error = (status == ARES_ENOMEM || status == ARES_ECANCELLED)
                        ? AC_NOMEM : AC_UNREACHABLE;

        (void) snprintf(result->message, sizeof(result->message),
                        "%.160s: %.80s", query->host, why);
    }

    for (p = &dns->done; *p; p = &(*p)->next) { /* void */ }

    *p = query;

    dns->loop->start(dns->kick, 0);
}


static void
ac_dns_addresses(ac_dns_result_t *result, const struct ares_addrinfo *info)
{
    char                             *dst;
    const void                       *addr;
    const struct ares_addrinfo_node  *node;

    result->ttl = AC_DNS_TTL_MAX;

    for (node = info->nodes; node; node = node->ai_next) {

        if (result->naddrs == AC_DNS_ADDRS_MAX) {
            break;
        }

        if (node->ai_family == AF_INET) {
            addr = &((struct sockaddr_in *) node->ai_addr)->sin_addr;

        } else if (node->ai_family == AF_INET6) {
            addr = &((struct sockaddr_in6 *) node->ai_addr)->sin6_addr;

        } else {
            continue;
        }

        dst = result->addrs[result->naddrs];

        if (inet_ntop(node->ai_family, addr, dst, sizeof(result->addrs[0]))
            == NULL)
        {
            continue;
        }

        result->naddrs++;

        if (node->ai_ttl < (int) result->ttl) {
            result->ttl = node->ai_ttl > 0 ? (unsigned) node->ai_ttl : 0;
        }
    }
}


static void
ac_dns_on_state(void *data, ares_socket_t fd, int readable, int writable)
{
    unsigned          events;
    ac_dns_t         *dns;
    ac_dns_socket_t  *s;

    dns = data;

    if (!readable && !writable) {
        ac_dns_forget(dns, fd);
        return;
    }

    for (s = dns->sockets; s && s->fd != fd; s = s->next) { /* void */ }

    if (s == NULL) {
        s = malloc(sizeof(ac_dns_socket_t));
        if (s == NULL) {
            goto failed;
        }

        s->dns = dns;
        s->fd = fd;

        s->watch = dns->loop->watch(dns->loop, fd, ac_dns_socket_handler, s);
        if (s->watch == NULL) {
            free(s);
            goto failed;
        }

        s->next = dns->sockets;
        dns->sockets = s;
    }

    events = (readable ? AC_READ : 0) | (writable ? AC_WRITE : 0);

    if (dns->loop->events(s->watch, events) == 0) {
        return;
    }

    ac_dns_forget(dns, fd);

failed:

    /* cancel the queries: c-ares would keep using the unwatched socket */

    dns->deaf = 1;
    dns->loop->start(dns->kick, 0);
}


static void
ac_dns_forget(ac_dns_t *dns, ares_socket_t fd)
{
    ac_dns_socket_t  *s, **p;

    for (p = &dns->sockets; *p; p = &(*p)->next) {
        s = *p;

        if (s->fd == fd) {
            *p = s->next;
            dns->loop->unwatch(s->watch);
            free(s);
            return;
        }
    }
}


static void
ac_dns_socket_handler(void *data, int fd, unsigned events)
{
    ac_dns_t         *dns;
    ac_dns_socket_t  *s;

    s = data;
    dns = s->dns;

    /* this may free s */

    ares_process_fd(dns->channel, (events & AC_READ) ? fd : ARES_SOCKET_BAD,
                    (events & AC_WRITE) ? fd : ARES_SOCKET_BAD);

    ac_dns_arm(dns);
}


static void
ac_dns_timer_handler(void *data)
{
    ac_dns_t  *dns;

    dns = data;

    ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);

    ac_dns_arm(dns);
}


static void
ac_dns_kick_handler(void *data)
{
    int              gone, *outer;
    ac_dns_t        *dns;
    ac_dns_query_t  *query;

    dns = data;

    if (dns->deaf) {
        dns->deaf = 0;

        ares_cancel(dns->channel);
        ac_dns_arm(dns);
    }

    gone = 0;
    outer = dns->gone;
    dns->gone = &gone;

    while ((query = dns->done) != NULL) {
        dns->done = query->next;

        if (query->handler) {
            query->handler(query->data, &query->result);
        }

        free(query);

        if (gone) {

            if (outer) {
                *outer = 1;
            }

            return;
        }
    }

    dns->gone = outer;
}
