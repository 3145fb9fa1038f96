
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/text.h"


static int selftest_text_digit(char c);


int
selftest_text_append(selftest_text_t *text, const void *data, size_t len,
    size_t max)
{
    char    *p;
    size_t   size;

    if (max && text->len + len > max) {
        return -1;
    }

    if (text->len + len + 1 > text->size) {
        size = 2 * (text->len + len + 1);

        p = realloc(text->data, size);
        if (p == NULL) {
            return -1;
        }

        text->data = p;
        text->size = size;
    }

    memcpy(text->data + text->len, data, len);
    text->len += len;
    text->data[text->len] = '\0';

    return 0;
}


void
selftest_text_free(selftest_text_t *text)
{
    free(text->data);
    memset(text, 0, sizeof(selftest_text_t));
}


long
selftest_text_decode(char *data)
{
    int        i, digit;
    char      *in;
    long       out;
    unsigned   bits;

    out = 0;

    for (in = data; *in; in += 4) {
        bits = 0;

        for (i = 0; i < 4; i++) {
            digit = in[i] == '=' && i > 1 ? 0 : selftest_text_digit(in[i]);

            if (digit == -1) {
                return -1;
            }

            bits = bits << 6 | (unsigned) digit;
        }

        i = in[2] == '=' ? 1 : (in[3] == '=' ? 2 : 3);

        data[out++] = (char) (bits >> 16);

        if (i > 1) {
            data[out++] = (char) (bits >> 8);
        }

        if (i > 2) {
            data[out++] = (char) bits;
        }
    }

    return out;
}


static int
selftest_text_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }

    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    return c == '+' ? 62 : c == '/' ? 63 : -1;
}


char *
selftest_text_format(const char *fmt, ...)
{
    int       n;
    char     *text;
    va_list   args;

    va_start(args, fmt);
    n = vasprintf(&text, fmt, args);
    va_end(args);

    if (n == -1) {
        fputs("sandbox-selftest: out of memory\n", stderr);
        exit(3);
    }

    return text;
}
