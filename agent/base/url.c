
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "base/url.h"


static int agent_url_digit(char c);


int
agent_url_escape(const char *p, size_t len)
{
    int  hi, lo;

    if (len < 3 || p[0] != '%') {
        return -1;
    }

    hi = agent_url_digit(p[1]);
    lo = agent_url_digit(p[2]);

    return hi == -1 || lo == -1 ? -1 : hi << 4 | lo;
}


static int
agent_url_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
