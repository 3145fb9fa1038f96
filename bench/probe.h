
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _PROBE_H_INCLUDED_
#define _PROBE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>


/*
 * A client that costs little: blocking, one connection.  Functions that can
 * fail say why on stderr and return -1.
 */


#define PROBE_BUFFER  262144


typedef struct {
    int       fd;
    int       status;            /* of the last response */
    int       close;             /* the peer will close after it */
    uint64_t  length;            /* of its body */
    size_t    pos;
    size_t    last;
    char      buf[PROBE_BUFFER];
} probe_conn_t;


/* takes a piece of a response's body, as it comes; -1 ends the reading */
typedef int (*probe_body_pt)(void *data, const char *p, size_t len);


int64_t probe_now(int clock);

/* address: "unix:/path" or "host:port" of IPv4 numbers */
int probe_connect(probe_conn_t *c, const char *address);
void probe_close(probe_conn_t *c);
int probe_send(probe_conn_t *c, const char *p, size_t len);

/* reads one response whole; body may be NULL */
int probe_response(probe_conn_t *c, probe_body_pt body, void *data);

/* count WebSockets for so many seconds; prints messages a second, and
   nanoseconds */
int probe_ws(const char *address, long count, long seconds,
    const char *request, size_t len);


#endif /* _PROBE_H_INCLUDED_ */
