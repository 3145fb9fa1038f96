
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"


#define AGENT_BUFFER_FIRST  512


char *
agent_buffer_reserve(agent_buffer_t *b, size_t size)
{
    char    *data;
    size_t   n;

    if (b->failed) {
        return NULL;
    }

    if (size > b->size - b->len) {
        if (size > SIZE_MAX / 4 || b->size > SIZE_MAX / 4) {
            b->failed = 1;
            return NULL;
        }

        /* not doubled for a large piece: malloc() would map it each time */

        n = b->size ? b->size * 2 : AGENT_BUFFER_FIRST;

        if (n - b->len < size) {
            n = b->len + size + AGENT_BUFFER_FIRST;
        }

        data = realloc(b->data, n);

        if (data == NULL) {
            b->failed = 1;
            return NULL;
        }

        b->data = data;
        b->size = n;
    }

    return b->data + b->len;
}


void
agent_buffer_add(agent_buffer_t *b, const void *data, size_t len)
{
    char  *p;

    if (len == 0) {
        return;
    }

    p = agent_buffer_reserve(b, len);

    if (p) {
        memcpy(p, data, len);
        b->len += len;
    }
}


void
agent_buffer_printf(agent_buffer_t *b, const char *format, ...)
{
    int      n;
    char    *p;
    size_t   size;
    va_list  args;

    for (size = 128; /* void */; size = (size_t) n + 1) {

        p = agent_buffer_reserve(b, size);

        if (p == NULL) {
            return;
        }

        va_start(args, format);
        n = vsnprintf(p, size, format, args);
        va_end(args);

        if (n < 0) {
            b->failed = 1;
            return;
        }

        if ((size_t) n < size) {
            b->len += n;
            return;
        }
    }
}


void
agent_buffer_shift(agent_buffer_t *b, size_t n)
{
    if (n) {
        memmove(b->data, b->data + n, b->len - n);
        b->len -= n;
    }
}


char *
agent_buffer_take(agent_buffer_t *b)
{
    char  *data;

    agent_buffer_add(b, "", 1);

    if (b->failed) {
        agent_buffer_free(b);
        return NULL;
    }

    data = b->data;
    memset(b, 0, sizeof(agent_buffer_t));

    return data;
}


void
agent_buffer_free(agent_buffer_t *b)
{
    free(b->data);
    memset(b, 0, sizeof(agent_buffer_t));
}
