
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/base.h"
#include "base/utf8.h"


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

        /* neither overlong forms nor surrogates */

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
    int  n;

    while (len) {
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
agent_utf8_tail(const char *s, size_t len)
{
    size_t  i;

    for (i = 1; i <= 3 && i <= len; i++) {

        if ((s[len - i] & 0xc0) != 0x80) {
            return agent_utf8_char(s + len - i, i) == -1 ? i : 0;
        }
    }

    return 0;
}


size_t
agent_json_escape(char *dst, const char *src, size_t len)
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
agent_json_escape_len(const char *src, size_t len)
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


int
agent_env_name(const char *s)
{
    if (*s >= '0' && *s <= '9') {
        return 0;
    }

    if (*s == '\0') {
        return 0;
    }

    for ( /* void */ ; *s; s++) {

        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z')
              || (*s >= '0' && *s <= '9') || *s == '_'))
        {
            return 0;
        }
    }

    return 1;
}


int
agent_session_name(const char *s)
{
    size_t  i;

    for (i = 0; s[i]; i++) {

        if (i == 128) {
            return 0;
        }

        if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z')
              || (s[i] >= '0' && s[i] <= '9')
              || s[i] == '.' || s[i] == '_' || s[i] == '-'))
        {
            return 0;
        }

        if (s[i] == '.' && s[i + 1] == '.') {
            return 0;
        }
    }

    return i != 0;
}


int
agent_path_normalize(char *dst, size_t size, const char *base,
    const char *path)
{
    int          pass;
    size_t       len, n;
    const char  *p, *end;

    if (size < 2) {
        return -1;
    }

    len = 0;

    /* the base, then the path, a segment at a time */

    for (pass = (path[0] == '/'); pass < 2; pass++) {
        p = pass ? path : base;

        while (*p) {

            if (*p == '/') {
                p++;
                continue;
            }

            end = strchr(p, '/');
            n = end ? (size_t) (end - p) : strlen(p);

            if (n == 2 && p[0] == '.' && p[1] == '.') {
                while (len && dst[--len] != '/') { /* void */ }

            } else if (n != 1 || p[0] != '.') {

                if (n + 1 >= size - len) {
                    return -1;
                }

                dst[len++] = '/';
                memcpy(dst + len, p, n);
                len += n;
            }

            p += n;
        }
    }

    if (len == 0) {
        dst[len++] = '/';
    }

    dst[len] = '\0';

    return 0;
}


int
agent_path_in_workspace(const char *path)
{
    size_t  n;

    n = sizeof(AGENT_WORKSPACE) - 1;

    return strncmp(path, AGENT_WORKSPACE, n) == 0
           && (path[n] == '/' || path[n] == '\0');
}
