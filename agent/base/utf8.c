
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <string.h>

#include "base/utf8.h"


int
agent_utf8_char(const char *str, size_t len)
{
    int                   i, n;
    unsigned char         lo, hi;
    const unsigned char  *s;

    s = (const unsigned char *) str;

    if (s[0] < 0x80) {
        return 1;
    }

    lo = 0x80;
    hi = 0xbf;

    if (s[0] >= 0xc2 && s[0] <= 0xdf) {
        n = 2;

    } else if (s[0] >= 0xe0 && s[0] <= 0xef) {
        n = 3;

        /* refuse overlong forms and surrogates */

        if (s[0] == 0xe0) {
            lo = 0xa0;

        } else if (s[0] == 0xed) {
            hi = 0x9f;
        }

    } else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        n = 4;

        if (s[0] == 0xf0) {
            lo = 0x90;

        } else if (s[0] == 0xf4) {
            hi = 0x8f;
        }

    } else {
        return 0;
    }

    for (i = 1; i < n; i++) {

        if ((size_t) i == len) {
            return -1;
        }

        if (s[i] < lo || s[i] > hi) {
            return 0;
        }

        lo = 0x80;
        hi = 0xbf;
    }

    return n;
}


int
agent_utf8_valid(const char *s, size_t len)
{
    int       n;
    uint64_t  v;

    while (len) {

        /* most text is ASCII */

        while (len >= sizeof(v)) {
            memcpy(&v, s, sizeof(v));

            if (v & 0x8080808080808080ULL) {
                break;
            }

            s += sizeof(v);
            len -= sizeof(v);
        }

        if (len == 0) {
            break;
        }

        n = agent_utf8_char(s, len);

        if (n <= 0) {
            return 0;
        }

        s += n;
        len -= n;
    }

    return 1;
}


size_t
agent_utf8_incomplete(const char *s, size_t len)
{
    size_t  i;

    for (i = 1; i <= 3 && i <= len; i++) {

        if ((s[len - i] & 0xc0) != 0x80) {
            return agent_utf8_char(s + len - i, i) == -1 ? i : 0;
        }
    }

    return 0;
}
