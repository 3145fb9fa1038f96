
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_MASK_H_INCLUDED_
#define _SANDBOX_MASK_H_INCLUDED_


#include <stddef.h>


/*
 * Masking of secrets in URLs and host names.  Pure functions that neither
 * allocate nor block; text need not be NUL-terminated.
 */


/* maximum length of the result for len bytes */
#define sandbox_mask_size(len)  ((len) * 2 + 4)

/*
 * Copies a URL, or a line that contains one, with the values of secret
 * arguments and the token of a preview host replaced by "***".  Returns the
 * length, truncated to size.
 */
size_t sandbox_mask_url(const char *text, size_t len, char *buf,
    size_t size);

/* the same for a host name with an optional port */
size_t sandbox_mask_host(const char *host, size_t len, char *buf,
    size_t size);


#endif /* _SANDBOX_MASK_H_INCLUDED_ */
