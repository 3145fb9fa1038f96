
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>
#include <jansson.h>

#include "context/kernel_packet.h"


/* flags */
#define AGENT_KERNEL_PACKET_MORE  1
#define AGENT_KERNEL_PACKET_LAST  2


int
agent_kernel_packet_parse(agent_kernel_packet_t *p, const char *token,
    const char *buf, size_t len)
{
    const unsigned char  *u;

    if (len < AGENT_KERNEL_PACKET_HEADER || len > AGENT_KERNEL_PACKET_MAX
        || memcmp(buf, token, AGENT_KERNEL_TOKEN) != 0)
    {
        return -1;
    }

    u = (const unsigned char *) buf;

    p->type = buf[16];
    p->more = (u[17] & AGENT_KERNEL_PACKET_MORE) != 0;
    p->last = (u[17] & AGENT_KERNEL_PACKET_LAST) != 0;
    p->number = u[20] | u[21] << 8 | u[22] << 16 | (uint32_t) u[23] << 24;
    p->data = buf + AGENT_KERNEL_PACKET_HEADER;
    p->len = len - AGENT_KERNEL_PACKET_HEADER;

    return 0;
}


void
agent_kernel_packet_header(agent_buffer_t *b, const char *token,
    const agent_kernel_packet_t *p)
{
    char  header[AGENT_KERNEL_PACKET_HEADER];

    memcpy(header, token, AGENT_KERNEL_TOKEN);

    header[16] = p->type;
    header[17] = (p->more ? AGENT_KERNEL_PACKET_MORE : 0)
                 | (p->last ? AGENT_KERNEL_PACKET_LAST : 0);
    header[18] = 0;
    header[19] = 0;
    header[20] = (char) (p->number & 0xff);
    header[21] = (char) (p->number >> 8 & 0xff);
    header[22] = (char) (p->number >> 16 & 0xff);
    header[23] = (char) (p->number >> 24);

    agent_buffer_add(b, header, AGENT_KERNEL_PACKET_HEADER);
}


int
agent_kernel_packet_printable(const agent_kernel_packet_t *p)
{
    size_t  i;

    for (i = 0; i < p->len; i++) {
        if (p->data[i] < ' ' || p->data[i] > '~') {
            return 0;
        }
    }

    return 1;
}


int
agent_kernel_packet_done(const agent_kernel_packet_t *p, uint64_t *count,
    int *failed)
{
    json_t  *json;

    json = json_loadb(p->data, p->len, 0, NULL);

    if (!json_is_object(json)) {
        json_decref(json);
        return -1;
    }

    *count = (uint64_t) json_integer_value(json_object_get(json, "count"));
    *failed = json_is_true(json_object_get(json, "failed"));

    json_decref(json);

    return 0;
}
