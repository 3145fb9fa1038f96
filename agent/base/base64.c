
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <string.h>

#include "base/base64.h"


static const char  agent_base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";


size_t
agent_base64(char *dst, const void *src, size_t len)
{
    char                 *d;
    uint32_t              v;
    const unsigned char  *s;

    d = dst;
    s = src;

    while (len >= 3) {
        v = (uint32_t) s[0] << 16 | (uint32_t) s[1] << 8 | s[2];

        *d++ = agent_base64_digits[v >> 18];
        *d++ = agent_base64_digits[v >> 12 & 63];
        *d++ = agent_base64_digits[v >> 6 & 63];
        *d++ = agent_base64_digits[v & 63];

        s += 3;
        len -= 3;
    }

    if (len) {
        v = (uint32_t) s[0] << 16;

        if (len == 2) {
            v |= (uint32_t) s[1] << 8;
        }

        *d++ = agent_base64_digits[v >> 18];
        *d++ = agent_base64_digits[v >> 12 & 63];
        *d++ = len == 2 ? agent_base64_digits[v >> 6 & 63] : '=';
        *d++ = '=';
    }

    return d - dst;
}


ssize_t
agent_base64_decode(char *dst, const char *src, size_t len)
{
    int          n, bits;
    size_t       i, used;
    unsigned     value;
    const char  *p;

    if (len % 4 == 0) {

        for (n = 0; n < 2 && len && src[len - 1] == '='; n++) {
            len--;
        }
    }

    if (len % 4 == 1) {
        return -1;
    }

    used = 0;
    value = 0;
    bits = 0;

    for (i = 0; i < len; i++) {
        p = src[i] ? strchr(agent_base64_digits, src[i]) : NULL;

        if (p == NULL) {
            return -1;
        }

        value = (value << 6 | (p - agent_base64_digits)) & 0xffff;
        bits += 6;

        if (bits >= 8) {
            bits -= 8;
            dst[used++] = value >> bits;
        }
    }

    return used;
}
