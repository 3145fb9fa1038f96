
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <sys/random.h>

#include "base/random.h"


void
agent_random_hex(char *buf, size_t size)
{
    size_t   i;
    ssize_t  n;

    static const char  hex[] = "0123456789abcdef";

    for (i = 0; i + 1 < size; i += n) {
        n = getrandom(buf + i, size - 1 - i, 0);

        if (n == -1) {
            n = 0;
        }
    }

    buf[i] = '\0';

    while (i--) {
        buf[i] = hex[buf[i] & 15];
    }
}
