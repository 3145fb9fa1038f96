
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_ENDPOINT_H_INCLUDED_
#define _AC_DOCKER_ENDPOINT_H_INCLUDED_


#include <sys/types.h>

#include "docker/ac_docker_types.h"
#include "http/ac_dns.h"
#include "http/ac_http.h"


/* one engine: where it is, and what this process has learned about it */


typedef struct {
    const char       *url;             /* unix:/path, http(s)://host:port */
    const char       *ca;              /* PEM files, for https only; */
    const char       *cert;            /* ca NULL: the system's CAs, */
    const char       *key;             /* cert and key NULL: none */
    unsigned          connect_ms;
} ac_endpoint_conf_t;


/* internal to docker/ */
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

    int               version;         /* 0x0129: 1.41; 0: not known */

    char              addrs[AC_DNS_ADDRS_MAX][48];
    size_t            naddrs;
    size_t            at;              /* the address in use */
    uint64_t          addrs_until;     /* ms of the monotonic clock */
};


/*
 * Reads the PEM files, which blocks: for loading a configuration only.
 * Connects to nothing.  NULL, and a line in err, when the URL or a PEM file
 * cannot be used.  The endpoint must outlive the calls to it.
 */
ac_endpoint_t *ac_docker_endpoint_create(const ac_endpoint_conf_t *conf,
    char *err, size_t size);
void ac_docker_endpoint_destroy(ac_endpoint_t *ep);

/*
 * The user that listens on the engine's unix socket.  Does not block.  0, or -1
 * with errno; EAFNOSUPPORT: the engine is reached over TCP.
 */
int ac_docker_endpoint_uid(const ac_endpoint_t *ep, uid_t *uid);


/* internal to docker/ */

/* copies the addresses of the host's name */
void ac_docker_endpoint_resolved(ac_endpoint_t *ep,
    const ac_dns_result_t *result);
/* "host:port:addr" of the address in use, in buf; NULL if none is needed */
const char *ac_docker_endpoint_address(const ac_endpoint_t *ep, char *buf,
    size_t size);
/*
 * The address with index failed could not be reached, after tried others.
 * 1: another address is in use now; 0: all have been tried.
 */
int ac_docker_endpoint_next(ac_endpoint_t *ep, size_t failed,
    unsigned tried);
/* 1: the name must be resolved before the next request */
int ac_docker_endpoint_stale(const ac_endpoint_t *ep);
/* after a failed request: forgets what may have changed */
void ac_docker_endpoint_failed(ac_endpoint_t *ep, ac_error_e error);


#endif /* _AC_DOCKER_ENDPOINT_H_INCLUDED_ */
