
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <string.h>

#include "base/base64.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "http/json_body.h"
#include "http/response.h"


#define AGENT_JSON_BODY_BUFFER  65536
#define AGENT_JSON_BODY_PIECE   8192   /* bytes of a segment per step */


static void agent_json_body_put(agent_json_body_t *b, agent_json_body_e kind,
    const agent_json_body_segment_t *segment);
static size_t agent_json_body_base64(agent_json_body_t *b, char *out,
    const char *data, size_t len);
static void agent_json_body_flush(agent_json_body_t *b, int last);


/* its contents are sent before agent_json_body_send() returns */

static char    agent_json_body_buf[AGENT_JSON_BODY_BUFFER];
static size_t  agent_json_body_len;


void
agent_json_body_send(agent_json_body_t *b)
{
    agent_json_body_e          kind;
    agent_json_body_segment_t  segment;

    while (!b->ended && !agent_response_full(b->r)) {

        kind = b->next(b->data, &segment);

        if (b->nrest && kind != AGENT_JSON_BODY_BASE64
            && kind != AGENT_JSON_BODY_WAIT)
        {
            agent_json_body_len += agent_base64(agent_json_body_buf
                                                + agent_json_body_len,
                                                b->rest, b->nrest);
            b->nrest = 0;
        }

        switch (kind) {

        case AGENT_JSON_BODY_WAIT:
            agent_json_body_flush(b, 0);
            return;

        case AGENT_JSON_BODY_END:
            b->ended = 1;
            agent_json_body_flush(b, 1);
            agent_response_end(b->r);
            return;

        default:
            agent_json_body_put(b, kind, &segment);

            if (agent_json_body_len > agent_memory_piece(SIZE_MAX)) {
                agent_json_body_flush(b, 0);
            }

            break;
        }
    }

    agent_json_body_flush(b, 0);
}


static void
agent_json_body_put(agent_json_body_t *b, agent_json_body_e kind,
    const agent_json_body_segment_t *segment)
{
    char        *out;
    size_t       n, len;
    const char  *data;

    data = segment->data;

    for (len = segment->len; len; len -= n) {

        n = len > AGENT_JSON_BODY_PIECE ? AGENT_JSON_BODY_PIECE : len;

        /* room for the largest encoding, and the rest of a base64 group */

        if (AGENT_JSON_BODY_BUFFER - agent_json_body_len
            < AGENT_JSON_BODY_PIECE * AGENT_JSON_TEXT_ESCAPE + 4)
        {
            agent_json_body_flush(b, 0);
        }

        out = agent_json_body_buf + agent_json_body_len;

        switch (kind) {

        case AGENT_JSON_BODY_TEXT:

            /* do not split a character; malformed bytes may be split */

            if (n < len) {
                n -= agent_utf8_incomplete(data, n);
            }

            agent_json_body_len += agent_json_text_escape(out, data, n);
            break;

        case AGENT_JSON_BODY_BASE64:
            agent_json_body_len += agent_json_body_base64(b, out, data, n);
            break;

        default: /* AGENT_JSON_BODY_LITERAL */
            memcpy(out, data, n);
            agent_json_body_len += n;
        }

        data += n;
    }
}


static size_t
agent_json_body_base64(agent_json_body_t *b, char *out, const char *data,
    size_t len)
{
    size_t  n, whole;

    n = 0;

    if (b->nrest) {

        while (b->nrest < 3 && len) {
            b->rest[b->nrest++] = *data++;
            len--;
        }

        if (b->nrest < 3) {
            return 0;
        }

        n = agent_base64(out, b->rest, 3);
        b->nrest = 0;
    }

    whole = len / 3 * 3;
    n += agent_base64(out + n, data, whole);

    b->nrest = len - whole;
    memcpy(b->rest, data + whole, b->nrest);

    return n;
}


static void
agent_json_body_flush(agent_json_body_t *b, int last)
{
    static const agent_response_header_t  headers[] = {
        { "Content-Type", "application/json" },
        { NULL, NULL }
    };

    if (!b->begun) {
        b->begun = 1;

        /* most responses are small and are sent at once */

        agent_response_begin(b->r, b->status, headers,
                             last && !b->chunked
                             ? (int64_t) agent_json_body_len : -1);
    }

    if (agent_json_body_len) {
        agent_response_write(b->r, agent_json_body_buf, agent_json_body_len);
        agent_json_body_len = 0;
    }
}
