
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "files/decode.h"


static int agent_decode_digit(char c);


static const signed char  agent_decode_digits[128] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 62, -1, -1, -1, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1,
    -1,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1, -1,
    -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1
};


ssize_t
agent_decode(agent_decode_t *d, char *out, const char *buf, size_t len)
{
    int          v[4];
    char        *p;
    const char  *last;

    p = out;
    last = buf + len;

    while (buf < last) {

        /* whole groups at once */

        if (d->digits == 0 && !d->padding && last - buf >= 4) {
            v[0] = agent_decode_digit(buf[0]);
            v[1] = agent_decode_digit(buf[1]);
            v[2] = agent_decode_digit(buf[2]);
            v[3] = agent_decode_digit(buf[3]);

            if ((v[0] | v[1] | v[2] | v[3]) >= 0) {
                *p++ = (char) (v[0] << 2 | v[1] >> 4);
                *p++ = (char) (v[1] << 4 | v[2] >> 2);
                *p++ = (char) (v[2] << 6 | v[3]);
                buf += 4;
                continue;
            }
        }

        if (*buf == '=') {

            if (d->digits + ++d->padding > 4 || d->digits < 2) {
                return -1;
            }

            buf++;
            continue;
        }

        v[0] = agent_decode_digit(*buf++);

        if (v[0] == -1 || d->padding) {
            return -1;
        }

        d->bits = d->bits << 6 | (unsigned) v[0];

        if (++d->digits == 4) {
            *p++ = (char) (d->bits >> 16);
            *p++ = (char) (d->bits >> 8);
            *p++ = (char) d->bits;
            d->digits = 0;
            d->bits = 0;
        }
    }

    return p - out;
}


ssize_t
agent_decode_end(agent_decode_t *d, char *out)
{
    if (d->padding && d->digits + d->padding != 4) {
        return -1;
    }

    switch (d->digits) {

    case 0:
        return 0;

    case 2:
        out[0] = (char) (d->bits >> 4);
        return 1;

    case 3:
        out[0] = (char) (d->bits >> 10);
        out[1] = (char) (d->bits >> 2);
        return 2;
    }

    return -1;
}


static int
agent_decode_digit(char c)
{
    return (unsigned char) c < 128 ? agent_decode_digits[(unsigned char) c]
                                   : -1;
}
