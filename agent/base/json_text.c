
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <string.h>

#include "base/json_text.h"
#include "base/utf8.h"


/* a word of eight equal bytes */
#define AGENT_JSON_TEXT_BYTES(c)  (0x0101010101010101ULL * (c))


size_t
agent_json_text_escape(char *dst, const char *src, size_t len)
{
    int            n;
    char          *d;
    size_t         plain;
    unsigned char  c;

    static const char  hex[] = "0123456789abcdef";

    d = dst;

    while (len) {
        plain = agent_json_text_plain(src, len);

        if (plain) {
            memcpy(d, src, plain);
            d += plain;
            src += plain;
            len -= plain;
            continue;
        }

        c = (unsigned char) *src;

        if (c >= 0x80) {
            n = agent_utf8_char(src, len);

            if (n > 0) {
                memcpy(d, src, n);
                d += n;
                src += n;
                len -= n;
                continue;
            }

            *d++ = (char) 0xef;
            *d++ = (char) 0xbf;
            *d++ = (char) 0xbd;

        } else if (c == '"' || c == '\\') {
            *d++ = '\\';
            *d++ = (char) c;

        } else if (c == '\n') {
            *d++ = '\\';
            *d++ = 'n';

        } else if (c == '\t') {
            *d++ = '\\';
            *d++ = 't';

        } else if (c == '\r') {
            *d++ = '\\';
            *d++ = 'r';

        } else {
            memcpy(d, "\\u00", 4);
            d += 4;
            *d++ = hex[c >> 4];
            *d++ = hex[c & 15];
        }

        src++;
        len--;
    }

    return d - dst;
}


size_t
agent_json_text_plain(const char *src, size_t len)
{
    size_t    n;
    uint64_t  v, bad;

    /* eight bytes at a time: the high bit of a byte in bad marks it */

    for (n = 0; len - n >= 8; n += 8) {
        memcpy(&v, src + n, 8);

        bad = v
              | (v - AGENT_JSON_TEXT_BYTES(0x20))
              | ((v ^ AGENT_JSON_TEXT_BYTES('"')) - AGENT_JSON_TEXT_BYTES(1))
              | ((v ^ AGENT_JSON_TEXT_BYTES('\\'))
                 - AGENT_JSON_TEXT_BYTES(1));

        if (bad & AGENT_JSON_TEXT_BYTES(0x80)) {
            break;
        }
    }

    while (n < len && src[n] >= 0x20 && src[n] != '"' && src[n] != '\\') {
        n++;
    }

    return n;
}


size_t
agent_json_text_len(const char *src, size_t len)
{
    int            n;
    size_t         total;
    unsigned char  c;

    for (total = 0; len; src += n, len -= n) {
        c = (unsigned char) *src;
        n = 1;

        if (c >= 0x80) {
            n = agent_utf8_char(src, len);

            if (n > 0) {
                total += n;

            } else {
                total += 3;
                n = 1;
            }

        } else if (c == '"' || c == '\\' || c == '\n' || c == '\t'
                   || c == '\r')
        {
            total += 2;

        } else {
            total += c < 0x20 ? 6 : 1;
        }
    }

    return total;
}
