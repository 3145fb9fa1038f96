
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_BASE64_H_INCLUDED_
#define _AGENT_BASE_BASE64_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>


/* pure functions on bytes; none of them allocates memory */

#define agent_base64_len(n)  (((n) + 2) / 3 * 4)


/* writes agent_base64_len(len) bytes without a NUL; returns their number */
size_t agent_base64(char *dst, const void *src, size_t len);

/*
 * Decodes base64 with or without padding; dst must have room for len bytes.
 * Returns the number of bytes, or -1 if src is not valid base64.
 */
ssize_t agent_base64_decode(char *dst, const char *src, size_t len);


#endif /* _AGENT_BASE_BASE64_H_INCLUDED_ */
