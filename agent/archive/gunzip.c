
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "archive/gunzip.h"


static int agent_gunzip_decide(agent_gunzip_t *g, agent_fault_t *f);
static int agent_gunzip_pass(agent_gunzip_t *g, const char *buf, size_t len,
    agent_fault_t *f);
static int agent_gunzip_damaged(agent_fault_t *f);


static const char  agent_gunzip_magic[3] = { '\x1f', '\x8b', '\x08' };


int
agent_gunzip_feed(agent_gunzip_t *g, const char *buf, size_t len,
    agent_fault_t *f)
{
    if (g->known) {
        return agent_gunzip_pass(g, buf, len, f);
    }

    while (len && g->nmagic < sizeof(g->magic)) {
        g->magic[g->nmagic++] = *buf++;
        len--;
    }

    if (g->nmagic < sizeof(g->magic)) {
        return 0;
    }

    if (agent_gunzip_decide(g, f) == -1) {
        return -1;
    }

    return agent_gunzip_pass(g, buf, len, f);
}


static int
agent_gunzip_decide(agent_gunzip_t *g, agent_fault_t *f)
{
    g->known = 1;

    if (g->nmagic == sizeof(g->magic)
        && memcmp(g->magic, agent_gunzip_magic, sizeof(g->magic)) == 0)
    {
        /* 16: with a header of gzip */

        if (inflateInit2(&g->z, MAX_WBITS + 16) != Z_OK) {
            return agent_fault_set(f, 503, "capacity_exceeded", NULL,
                                   "out of memory");
        }

        g->gzip = 1;
    }

    return agent_gunzip_pass(g, g->magic, g->nmagic, f);
}


static int
agent_gunzip_pass(agent_gunzip_t *g, const char *buf, size_t len,
    agent_fault_t *f)
{
    int     rc;
    size_t  n;

    if (!g->gzip) {
        return agent_tar_reader_feed(g->reader, buf, len, f);
    }

    g->in += len;
    g->z.next_in = (Bytef *) buf;
    g->z.avail_in = len;

    do {

        /* another stream may follow, or zeros */

        while (g->ended && g->z.avail_in && *g->z.next_in == 0) {
            g->z.next_in++;
            g->z.avail_in--;
        }

        if (g->ended) {

            if (g->z.avail_in == 0) {
                return 0;
            }

            g->ended = 0;
            (void) inflateReset(&g->z);
        }

        g->z.next_out = (Bytef *) g->buf;
        g->z.avail_out = AGENT_GUNZIP_BUFFER;

        rc = inflate(&g->z, Z_NO_FLUSH);

        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
            return agent_gunzip_damaged(f);
        }

        g->ended = (rc == Z_STREAM_END);

        n = AGENT_GUNZIP_BUFFER - g->z.avail_out;
        g->out += n;

        if (g->out > AGENT_GUNZIP_FREE
            && g->out / AGENT_GUNZIP_RATIO > g->in)
        {
            return agent_fault_set(f, 413, "payload_too_large", NULL,
                                   "the archive expands to more than %d times "
                                   "its size; send it uncompressed",
                                   AGENT_GUNZIP_RATIO);
        }

        if (agent_tar_reader_feed(g->reader, g->buf, n, f) == -1) {
            return -1;
        }

    } while (g->z.avail_in || g->z.avail_out == 0);

    return 0;
}


int
agent_gunzip_finish(agent_gunzip_t *g, agent_fault_t *f)
{
    if (!g->known && agent_gunzip_decide(g, f) == -1) {
        return -1;
    }

    if (g->gzip && !g->ended) {
        return agent_gunzip_damaged(f);
    }

    return agent_tar_reader_finish(g->reader, f);
}


static int
agent_gunzip_damaged(agent_fault_t *f)
{
    return agent_fault_set(f, 400, "invalid_request", NULL,
                           "the archive's gzip data is damaged or truncated");
}


void
agent_gunzip_free(agent_gunzip_t *g)
{
    if (g->gzip) {
        (void) inflateEnd(&g->z);
        g->gzip = 0;
    }
}
