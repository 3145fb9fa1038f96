
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_QUERY_H_INCLUDED_
#define _SANDBOX_QUERY_H_INCLUDED_


#include <stddef.h>


/*
 * Arguments of query strings, and those that carry a key.  Pure functions that
 * neither allocate nor block; text need not be NUL-terminated.
 */


typedef struct {
    const char  *start;                  /* start of the argument */
    const char  *end;                    /* its end, before the '&' */
    const char  *value;                  /* after '='; NULL: no value */
    int          secret;                 /* sandbox_key or authorization */
    int          authorization;
    int          token;                  /* secret only in /v1/openapi* */
} sandbox_query_arg_t;


/*
 * Copies a query string without its secret arguments; buf has room for len
 * bytes.  Returns the new length.
 */
#define SANDBOX_QUERY_SECRET  0           /* all secret arguments */
#define SANDBOX_QUERY_KEY     1           /* only sandbox_key */

/*
 * The next argument of a query string from *pos on: 1, or 0 at the end.
 * Escapes in names are decoded before comparison.
 */
int sandbox_query_next(const char **pos, const char *end,
    sandbox_query_arg_t *arg);

/*
 * Decodes escapes of the value into buf ('+' is kept); its length, or -1 if it
 * is missing, malformed or does not fit.
 */
int sandbox_query_value(const sandbox_query_arg_t *arg, char *buf, size_t size);

size_t sandbox_query_strip(const char *args, size_t len, int which, char *buf);


#endif /* _SANDBOX_QUERY_H_INCLUDED_ */
