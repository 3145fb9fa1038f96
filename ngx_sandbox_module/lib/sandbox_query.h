
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_QUERY_H_INCLUDED_
#define _SANDBOX_QUERY_H_INCLUDED_


#include <stddef.h>


/*
 * The arguments of a query string, and which of them carry a key.  Pure:
 * neither allocates nor blocks; text need not end in a zero byte.
 */


typedef struct {
    const char  *start;                  /* of the argument */
    const char  *end;                    /* after it, before the '&' */
    const char  *value;                  /* after '='; NULL: it has none */
    int          secret;                 /* sandbox_key or authorization */
    int          authorization;
} sandbox_query_arg_t;


/*
 * Copies a query string without its secret arguments, else byte by byte;
 * buf has room for len bytes.  Returns the new length.
 */
#define SANDBOX_QUERY_SECRET  0           /* all of them */
#define SANDBOX_QUERY_KEY     1           /* sandbox_key */

/*
 * The next argument of a query string, from *pos on: 1, or 0 at its end.
 * Names are compared with their escapes decoded.
 */
int sandbox_query_next(const char **pos, const char *end,
    sandbox_query_arg_t *arg);

/*
 * Decodes the value's escapes ('+' stays itself) into buf; its length, or -1
 * when there is none, it is malformed or does not fit.
 */
int sandbox_query_value(const sandbox_query_arg_t *arg, char *buf, size_t size);

size_t sandbox_query_strip(const char *args, size_t len, int which, char *buf);


#endif /* _SANDBOX_QUERY_H_INCLUDED_ */
