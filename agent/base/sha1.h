
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_SHA1_H_INCLUDED_
#define _AGENT_BASE_SHA1_H_INCLUDED_


#include <stddef.h>


#define AGENT_SHA1_LEN  20


/*
 * SHA-1 (RFC 3174) of len bytes.  It is broken as a signature; the handshake
 * of a WebSocket still requires it (RFC 6455, section 4.2.2).
 */
void agent_sha1(unsigned char digest[AGENT_SHA1_LEN], const void *data,
    size_t len);


#endif /* _AGENT_BASE_SHA1_H_INCLUDED_ */
