
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "archive/tar.h"


unsigned
agent_tar_checksum(const agent_tar_header_t *h)
{
    size_t                i, first;
    unsigned              sum;
    const unsigned char  *p;

    p = (const unsigned char *) h;
    first = offsetof(agent_tar_header_t, checksum);
    sum = 0;

    for (i = 0; i < AGENT_TAR_BLOCK; i++) {
        sum += (i >= first && i < first + sizeof(h->checksum)) ? ' ' : p[i];
    }

    return sum;
}
