
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/buffer.h"
#include "base/json_ascii.h"
#include "context/kernel_packet.h"


/*
 * A packet of a kernel, and what user code prints: a header that is written
 * is the one that was read, and output becomes a line of ASCII that is JSON.
 * The seeds have the token below.
 */


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)

#define FUZZ_TOKEN  "0123456789abcdef"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_packet(const char *buf, size_t len);
static void fuzz_text(const char *buf, size_t len);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_packet((const char *) data, size);
    fuzz_text((const char *) data, size);

    return 0;
}


static void
fuzz_packet(const char *buf, size_t len)
{
    int                    failed;
    uint64_t               count;
    agent_buffer_t         b;
    agent_kernel_packet_t  p, again;

    if (agent_kernel_packet_parse(&p, FUZZ_TOKEN, buf, len) != 0) {
        return;
    }

    FUZZ_CHECK(p.data + p.len == buf + len);

    memset(&b, 0, sizeof(agent_buffer_t));

    agent_kernel_packet_header(&b, FUZZ_TOKEN, &p);
    agent_buffer_add(&b, p.data, p.len);

    FUZZ_CHECK(agent_kernel_packet_parse(&again, FUZZ_TOKEN, b.data, b.len)
               == 0);
    FUZZ_CHECK(again.type == p.type && again.more == p.more
               && again.last == p.last && again.number == p.number
               && again.len == p.len);

    agent_buffer_free(&b);

    (void) agent_kernel_packet_printable(&p);

    if (agent_kernel_packet_done(&p, &count, &failed) == 0) {
        FUZZ_CHECK(failed == 0 || failed == 1);
    }
}


static void
fuzz_text(const char *buf, size_t len)
{
    size_t           i;
    json_t          *json;
    agent_buffer_t   b;

    memset(&b, 0, sizeof(agent_buffer_t));

    agent_buffer_adds(&b, "[\"");
    agent_json_ascii(&b, buf, len);
    agent_buffer_adds(&b, "\"]");

    for (i = 0; i < b.len; i++) {
        FUZZ_CHECK(b.data[i] >= ' ' && b.data[i] <= '~');
    }

    json = json_loadb(b.data, b.len, JSON_ALLOW_NUL, NULL);
    FUZZ_CHECK(json != NULL);
    json_decref(json);

    agent_buffer_free(&b);
}
