
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_URL_H_INCLUDED_
#define _SANDBOX_URL_H_INCLUDED_


#include <stddef.h>

#include "lib/sandbox_name.h"


/* splits URLs and origins; pure: nothing blocks or allocates */


/* positions in the text; empty if absent */

typedef struct {
    sandbox_text_t  scheme;
    sandbox_text_t  host;        /* not validated; an IPv6 one has its [] */
    sandbox_text_t  port;        /* without ":", not validated */
    sandbox_text_t  rest;        /* from "/", "?" or "#" */
    int             has_port;    /* there is a ":", maybe without a port */
} sandbox_url_t;


/* splits scheme://host[:port][rest]; 1, or 0 if text has no scheme and host */
int sandbox_url_parse(const char *text, size_t len, sandbox_url_t *url);

/* the same, also for a reference without a scheme, which is empty then */
int sandbox_url_parse_reference(const char *text, size_t len,
    sandbox_url_t *url);

/* 1 for "http" and "https" in lower case */
int sandbox_url_is_http(const sandbox_url_t *url);

/*
 * 1 if the host is one by which an app is reached from its own machine:
 * "localhost", a loopback address, or the unspecified address that a server
 * listens on
 */
int sandbox_url_is_local(const sandbox_url_t *url);

/* the number of up to five digits, from 1 to 65535, or 0 */
unsigned sandbox_url_port(const sandbox_url_t *url);


#endif /* _SANDBOX_URL_H_INCLUDED_ */
