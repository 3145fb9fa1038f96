
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ac_clock.h"
#include "docker/ac_docker_endpoint.h"


#define AC_DOCKER_ENDPOINT_PEM_MAX  1048576


static int ac_docker_endpoint_unix(ac_endpoint_t *ep, const char *path,
    char *err, size_t size);
static int ac_docker_endpoint_authority(ac_endpoint_t *ep, const char *scheme,
    const char *text, char *err, size_t size);
static int ac_docker_endpoint_host(ac_endpoint_t *ep, const char *host,
    size_t len);
static int ac_docker_endpoint_pem(ac_http_blob_t *blob, const char *file,
    char *err, size_t size);


ac_endpoint_t *
ac_docker_endpoint_create(const ac_endpoint_conf_t *conf, char *err,
    size_t size)
{
    int             rc, tls;
    const char     *url;
    ac_endpoint_t  *ep;

    ep = calloc(1, sizeof(ac_endpoint_t));
    if (ep == NULL) {
        (void) snprintf(err, size, "out of memory");
        return NULL;
    }

    url = conf->url;
    tls = 0;

    ep->connect_ms = conf->connect_ms;

    if (strlen(url) >= sizeof(ep->name)) {
        (void) snprintf(err, size, "the URL is too long");
        goto failed;
    }

    (void) strcpy(ep->name, url);

    if (strncasecmp(url, "unix:", 5) == 0) {
        rc = ac_docker_endpoint_unix(ep, url + 5, err, size);

    } else if (strncasecmp(url, "http://", 7) == 0) {
        rc = ac_docker_endpoint_authority(ep, "http", url + 7, err, size);

    } else if (strncasecmp(url, "https://", 8) == 0) {
        rc = ac_docker_endpoint_authority(ep, "https", url + 8, err, size);
        tls = 1;

    } else {
        (void) snprintf(err, size, "the engine's URL must begin with "
                        "\"unix:/\", \"http://\" or \"https://\"");
        rc = -1;
    }

    if (rc == -1) {
        goto failed;
    }

    if (!tls) {

        if (conf->ca || conf->cert || conf->key) {
            (void) snprintf(err, size, "certificates require an https:// URL");
            goto failed;
        }

        return ep;
    }

    if ((conf->cert == NULL) != (conf->key == NULL)) {
        (void) snprintf(err, size, "a certificate requires its key, and a key "
                        "its certificate");
        goto failed;
    }

    if (ac_docker_endpoint_pem(&ep->ca, conf->ca, err, size) == -1
        || ac_docker_endpoint_pem(&ep->cert, conf->cert, err, size) == -1
        || ac_docker_endpoint_pem(&ep->key, conf->key, err, size) == -1)
    {
        goto failed;
    }

    return ep;

failed:

    ac_docker_endpoint_destroy(ep);

    return NULL;
}


void
ac_docker_endpoint_destroy(ac_endpoint_t *ep)
{
    if (ep->key.data) {
        explicit_bzero((void *) ep->key.data, ep->key.len);
    }

    free((void *) ep->ca.data);
    free((void *) ep->cert.data);
    free((void *) ep->key.data);
    free(ep->unix_path);
    free(ep);
}


static int
ac_docker_endpoint_unix(ac_endpoint_t *ep, const char *path, char *err,
    size_t size)
{
    while (path[0] == '/' && path[1] == '/') {
        path++;
    }

    if (path[0] != '/' || path[1] == '\0') {
        (void) snprintf(err, size, "the path of a unix socket must be "
                        "absolute");
        return -1;
    }

    if (strlen(path) >= sizeof(((struct sockaddr_un *) 0)->sun_path)) {
        (void) snprintf(err, size, "the path of a unix socket must not exceed "
                        "%d bytes",
                        (int) sizeof(((struct sockaddr_un *) 0)->sun_path)
                        - 1);
        return -1;
    }

    ep->unix_path = strdup(path);
    if (ep->unix_path == NULL) {
        (void) snprintf(err, size, "out of memory");
        return -1;
    }

    (void) strcpy(ep->base, "http://localhost");

    return 0;
}


static int
ac_docker_endpoint_authority(ac_endpoint_t *ep, const char *scheme,
    const char *text, char *err, size_t size)
{
    size_t       len;
    const char  *p, *host;

    host = text;

    if (*host == '[') {
        p = strchr(host, ']');
        if (p == NULL) {
            goto invalid;
        }

        p++;

    } else {
        p = host + strcspn(host, ":/");
    }

    len = (size_t) (p - host);

    if (ac_docker_endpoint_host(ep, host, len) == -1) {
        goto invalid;
    }

    if (*p == ':') {

        for (p++; *p >= '0' && *p <= '9' && ep->port <= 65535; p++) {
            ep->port = ep->port * 10 + (unsigned) (*p - '0');
        }

        if (ep->port == 0 || ep->port > 65535) {
            (void) snprintf(err, size, "the URL has an invalid port");
            return -1;
        }

    } else {
        ep->port = strcmp(scheme, "https") == 0 ? 443 : 80;
    }

    if (*p == '/') {
        p++;
    }

    if (*p) {
        (void) snprintf(err, size, "the URL must end after its host and port");
        return -1;
    }

    (void) snprintf(ep->base, sizeof(ep->base), "%s://%s:%u", scheme,
                    ep->host, ep->port);

    return 0;

invalid:

    (void) snprintf(err, size, "the URL has an invalid host");

    return -1;
}


static int
ac_docker_endpoint_host(ac_endpoint_t *ep, const char *host, size_t len)
{
    char           literal[64];
    size_t         i;
    unsigned char  addr[16];

    if (len == 0 || len > 253) {
        return -1;
    }

    memcpy(ep->host, host, len);
    ep->host[len] = '\0';

    if (host[0] == '[') {

        if (len - 2 >= sizeof(literal)) {
            return -1;
        }

        memcpy(literal, host + 1, len - 2);
        literal[len - 2] = '\0';

        return inet_pton(AF_INET6, literal, addr) == 1 ? 0 : -1;
    }

    for (i = 0; i < len; i++) {

        if (!((host[i] >= 'a' && host[i] <= 'z')
              || (host[i] >= 'A' && host[i] <= 'Z')
              || (host[i] >= '0' && host[i] <= '9')
              || host[i] == '-' || host[i] == '.' || host[i] == '_'))
        {
            return -1;
        }
    }

    if (inet_pton(AF_INET, ep->host, addr) == 1) {
        return 0;
    }

    /* libcurl would take a host of digits for an address */

    if (strspn(ep->host, "0123456789.") == len) {
        return -1;
    }

    ep->resolvable = 1;

    return 0;
}


/* read at configuration time: a worker may lack permission */

static int
ac_docker_endpoint_pem(ac_http_blob_t *blob, const char *file, char *err,
    size_t size)
{
    int           fd;
    char         *data;
    size_t        len;
    ssize_t       n;
    struct stat   st;

    if (file == NULL) {
        return 0;
    }

    fd = open(file, O_RDONLY|O_CLOEXEC|O_NONBLOCK);

    if (fd == -1) {
        (void) snprintf(err, size, "\"%s\": %s", file, strerror(errno));
        return -1;
    }

    data = NULL;

    if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size == 0
        || st.st_size > AC_DOCKER_ENDPOINT_PEM_MAX)
    {
        (void) snprintf(err, size, "\"%s\" is not a PEM file", file);
        goto failed;
    }

    data = malloc((size_t) st.st_size);
    if (data == NULL) {
        (void) snprintf(err, size, "out of memory");
        goto failed;
    }

    len = 0;

    while (len < (size_t) st.st_size) {
        n = read(fd, data + len, (size_t) st.st_size - len);

        if (n <= 0) {
            (void) snprintf(err, size, "\"%s\" cannot be read", file);
            goto failed;
        }

        len += (size_t) n;
    }

    (void) close(fd);

    blob->data = data;
    blob->len = len;

    return 0;

failed:

    free(data);
    (void) close(fd);

    return -1;
}


void
ac_docker_endpoint_resolved(ac_endpoint_t *ep, const ac_dns_result_t *result)
{
    char    used[48];
    size_t  i;

    (void) strcpy(used, ep->naddrs ? ep->addrs[ep->at] : "");

    ep->naddrs = result->naddrs;
    ep->at = 0;

    for (i = 0; i < result->naddrs; i++) {
        (void) strcpy(ep->addrs[i], result->addrs[i]);

        /* the first address may be dead: keep the one that has worked */

        if (ep->at == 0 && strcmp(used, ep->addrs[i]) == 0) {
            ep->at = i;
        }
    }

    ep->addrs_until = ac_clock_ms() + result->ttl * UINT64_C(1000);
}


const char *
ac_docker_endpoint_address(const ac_endpoint_t *ep, char *buf, size_t size)
{
    const char  *addr;

    if (ep->naddrs == 0) {
        return NULL;
    }

    addr = ep->addrs[ep->at];

    (void) snprintf(buf, size, strchr(addr, ':') ? "%s:%u:[%s]" : "%s:%u:%s",
                    ep->host, ep->port, addr);

    return buf;
}


int
ac_docker_endpoint_next(ac_endpoint_t *ep, size_t failed, unsigned tried)
{
    if (tried + 1 >= ep->naddrs) {
        return 0;
    }

    /* another call may have moved on already */

    if (ep->at == failed) {
        ep->at = (ep->at + 1) % ep->naddrs;
    }

    return 1;
}


int
ac_docker_endpoint_stale(const ac_endpoint_t *ep)
{
    return ep->resolvable
           && (ep->naddrs == 0 || ac_clock_ms() >= ep->addrs_until);
}


void
ac_docker_endpoint_failed(ac_endpoint_t *ep, ac_error_e error)
{
    if (error == AC_UNREACHABLE) {

        /* another engine may answer next time */

        ep->version = 0;
    }

    if (error == AC_UNREACHABLE || error == AC_TIMEDOUT
        || error == AC_BROKEN)
    {
        ep->addrs_until = 0;
    }
}


int
ac_docker_endpoint_uid(const ac_endpoint_t *ep, uid_t *uid)
{
    int                 fd, rc, err;
    socklen_t           len;
    struct ucred        peer;
    struct sockaddr_un  addr;

    if (ep->unix_path == NULL) {
        errno = EAFNOSUPPORT;
        return -1;
    }

    memset(&addr, 0, sizeof(struct sockaddr_un));
    addr.sun_family = AF_UNIX;
    (void) snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", ep->unix_path);

    fd = socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0);
    if (fd == -1) {
        return -1;
    }

    len = sizeof(struct ucred);

    rc = connect(fd, (struct sockaddr *) &addr, sizeof(struct sockaddr_un));

    if (rc == 0) {
        rc = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
    }

    if (rc == 0) {
        *uid = peer.uid;
    }

    err = errno;
    close(fd);
    errno = err;

    return rc;
}
