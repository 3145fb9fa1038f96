
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_ENDPOINT_H_INCLUDED_
#define _AC_ENDPOINT_H_INCLUDED_


#include "http/ac_dns.h"
#include "docker/ac_docker.h"
#include "http/ac_http.h"


/* one engine, and what this process has learned about it */


struct ac_endpoint_s {
    char             *unix_path;       /* or NULL */
    char              base[320];       /* "http://localhost", … */
    char              name[320];       /* as configured, for messages */
    char              host[256];
    unsigned          port;
    unsigned          resolvable:1;    /* host is a name, not a literal */
    unsigned          connect_ms;

    ac_http_blob_t    ca;
    ac_http_blob_t    cert;
    ac_http_blob_t    key;

    int               version;         /* of the API; 0: not agreed on */

    char              addrs[AC_DNS_ADDRS_MAX][48];
    size_t            naddrs;
    size_t            at;              /* the one in use */
    uint64_t          addrs_until;     /* ms of the monotonic clock */
};


/* takes over the addresses of the host's name */
void ac_endpoint_resolved(ac_endpoint_t *ep, const ac_dns_result_t *result);
/* "host:port:addr" of the address in use, or NULL where there is no name */
const char *ac_endpoint_address(const ac_endpoint_t *ep, char *buf,
    size_t size);
/*
 * The address failed for one that has tried so many before it.  1: another is
 * in use now, 0: they have all been tried.
 */
int ac_endpoint_next(ac_endpoint_t *ep, size_t failed, unsigned tried);
/* 1: the name must be resolved before the next request */
int ac_endpoint_stale(const ac_endpoint_t *ep);
/* ms of the monotonic clock */
uint64_t ac_endpoint_clock(void);


#endif /* _AC_ENDPOINT_H_INCLUDED_ */
