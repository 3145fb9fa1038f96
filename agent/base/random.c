
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <sys/random.h>

#include "base/random.h"


void
agent_random_hex(char *buf, size_t size)
{
    size_t         i;
    unsigned char  byte;

    static const char  hex[] = "0123456789abcdef";

    for (i = 0; i + 1 < size; i++) {

        while (getrandom(&byte, 1, 0) != 1) { /* void */ }

        buf[i] = hex[byte & 15];
    }

    buf[i] = '\0';
}
