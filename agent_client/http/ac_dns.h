
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DNS_H_INCLUDED_
#define _AC_DNS_H_INCLUDED_


#include <stddef.h>

#include "ac_error.h"
#include "ac_loop.h"


/* resolves host names: c-ares on ac_loop; no threads, nothing blocks */


#define AC_DNS_ADDRS_MAX  8


typedef struct ac_dns_s        ac_dns_t;
typedef struct ac_dns_query_s  ac_dns_query_t;


typedef struct {
    ac_error_e    error;             /* AC_UNREACHABLE, AC_NOMEM */
    char          message[256];
    char          addrs[AC_DNS_ADDRS_MAX][48];    /* numeric, no brackets */
    size_t        naddrs;
    unsigned      ttl;               /* seconds; 0: do not cache */
} ac_dns_result_t;


/* runs from the loop; may cancel queries, or destroy ac_dns_t */
typedef void (*ac_dns_pt)(void *data, const ac_dns_result_t *result);


ac_dns_t *ac_dns_create(ac_loop_t *loop);
void ac_dns_destroy(ac_dns_t *dns);

/*
 * Name servers, "addr[:port][,…]", instead of those of /etc/resolv.conf;
 * before the first query.  0, or -1 when out of memory.
 */
int ac_dns_servers(ac_dns_t *dns, const char *servers);

/* NULL when out of memory */
ac_dns_query_t *ac_dns_resolve(ac_dns_t *dns, const char *host,
    ac_dns_pt handler, void *data);
/* the handler will not run; must not be called once it has begun to */
void ac_dns_cancel(ac_dns_query_t *query);


#endif /* _AC_DNS_H_INCLUDED_ */
