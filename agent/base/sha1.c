
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <string.h>

#include "base/sha1.h"


#define AGENT_SHA1_BLOCK  64

#define agent_sha1_rotate(x, n)  (((x) << (n)) | ((x) >> (32 - (n))))


static void agent_sha1_block(uint32_t state[5], const unsigned char *p);


void
agent_sha1(unsigned char digest[AGENT_SHA1_LEN], const void *data, size_t len)
{
    int                   i;
    size_t                left;
    uint64_t              bits;
    uint32_t              state[5];
    unsigned char         last[2 * AGENT_SHA1_BLOCK];
    const unsigned char  *p;

    state[0] = 0x67452301;
    state[1] = 0xefcdab89;
    state[2] = 0x98badcfe;
    state[3] = 0x10325476;
    state[4] = 0xc3d2e1f0;

    p = data;

    for (left = len; left >= AGENT_SHA1_BLOCK; left -= AGENT_SHA1_BLOCK) {
        agent_sha1_block(state, p);
        p += AGENT_SHA1_BLOCK;
    }

    memset(last, 0, sizeof(last));
    memcpy(last, p, left);
    last[left] = 0x80;

    left = left < AGENT_SHA1_BLOCK - 8 ? AGENT_SHA1_BLOCK
                                       : 2 * AGENT_SHA1_BLOCK;
    bits = (uint64_t) len * 8;

    for (i = 1; i <= 8; i++) {
        last[left - i] = (unsigned char) bits;
        bits >>= 8;
    }

    for (p = last; left; left -= AGENT_SHA1_BLOCK) {
        agent_sha1_block(state, p);
        p += AGENT_SHA1_BLOCK;
    }

    for (i = 0; i < AGENT_SHA1_LEN; i++) {
        digest[i] = (unsigned char) (state[i / 4] >> (24 - i % 4 * 8));
    }
}


static void
agent_sha1_block(uint32_t state[5], const unsigned char *p)
{
    int       i;
    uint32_t  a, b, c, d, e, f, k, t, w[80];

    for (i = 0; i < 16; i++, p += 4) {
        w[i] = (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
               | (uint32_t) p[2] << 8 | p[3];
    }

    for ( /* void */ ; i < 80; i++) {
        w[i] = agent_sha1_rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16],
                                 1);
    }

    a = state[0];
    b = state[1];
    c = state[2];
    d = state[3];
    e = state[4];

    for (i = 0; i < 80; i++) {

        if (i < 20) {
            f = (b & c) | (~b & d);
            k = 0x5a827999;

        } else if (i < 40) {
            f = b ^ c ^ d;
            k = 0x6ed9eba1;

        } else if (i < 60) {
            f = (b & c) | (b & d) | (c & d);
            k = 0x8f1bbcdc;

        } else {
            f = b ^ c ^ d;
            k = 0xca62c1d6;
        }

        t = agent_sha1_rotate(a, 5) + f + e + k + w[i];

        e = d;
        d = c;
        c = agent_sha1_rotate(b, 30);
        b = a;
        a = t;
    }

    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}
