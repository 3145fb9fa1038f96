
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/json_text.h"
#include "base/utf8.h"


size_t
agent_json_text_escape(char *dst, const char *src, size_t len)
{
    int            n;
    char          *d;
    unsigned char  c;

    static const char  hex[] = "0123456789abcdef";

    d = dst;

    while (len) {
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

        } else if (c < 0x20) {
            memcpy(d, "\\u00", 4);
            d += 4;
            *d++ = hex[c >> 4];
            *d++ = hex[c & 15];

        } else {
            *d++ = (char) c;
        }

        src++;
        len--;
    }

    return d - dst;
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
