
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_SECRET_H_INCLUDED_
#define _SANDBOX_SECRET_H_INCLUDED_


#include <stddef.h>


/*
 * What is secret in a URL: the arguments that carry a key, and the token in
 * the host name of a preview.  Pure: neither allocates nor blocks; text need
 * not end in a zero byte.
 */


typedef struct {
    const char  *start;                  /* of the argument */
    const char  *end;                    /* after it, before the '&' */
    const char  *value;                  /* after '='; NULL: it has none */
    int          secret;                 /* sandbox_key or authorization */
    int          authorization;
} sandbox_arg_t;


/*
 * The next argument of a query string, from *pos on: 1, or 0 at its end.
 * Names are compared with their escapes decoded.
 */
int sandbox_arg_next(const char **pos, const char *end, sandbox_arg_t *arg);

/*
 * Decodes the value's escapes ('+' stays itself) into buf; its length, or -1
 * when there is none, it is malformed or does not fit.
 */
int sandbox_arg_value(const sandbox_arg_t *arg, char *buf, size_t size);

/*
 * Copies a query string without its secret arguments, else byte by byte;
 * buf has room for len bytes.  Returns the new length.
 */
#define SANDBOX_ARGS_SECRET  0           /* all of them */
#define SANDBOX_ARGS_KEY     1           /* sandbox_key */

size_t sandbox_args_strip(const char *args, size_t len, int which, char *buf);

/*
 * Copies a URL, or a line that contains one, with the values of secret
 * arguments and the token of a preview host replaced by "***"; returns the
 * length, cut to size.
 */
size_t sandbox_mask_url(const char *text, size_t len, char *buf,
    size_t size);

/* the same for a bare host name, port or none */
size_t sandbox_mask_host(const char *host, size_t len, char *buf,
    size_t size);

/* the most that either makes of len bytes */
#define sandbox_mask_size(len)  ((len) * 2 + 4)


#endif /* _SANDBOX_SECRET_H_INCLUDED_ */
