
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "http/websocket_frame.h"


/*
 * Frames, whole and in pieces: both must be the same messages.  Text is UTF-8,
 * controls are short, what is invalid is invalid for good, and a header that
 * is written is read again.  The first byte is the size of the pieces.
 */


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)

#define FUZZ_MAX  65536


/* what was received, one after another; a text may be cut anywhere */

typedef struct {
    unsigned char  out[FUZZ_MAX * 8];
    size_t         len;
    unsigned char  text[FUZZ_MAX];
    size_t         ntext;
} fuzz_log_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_read(fuzz_log_t *log, const uint8_t *data, size_t size,
    size_t step);
static void fuzz_event(fuzz_log_t *log, agent_websocket_event_t *e);
static void fuzz_put(fuzz_log_t *log, const void *data, size_t len);
static void fuzz_header(const uint8_t *data, size_t size);


static fuzz_log_t  fuzz_whole;
static fuzz_log_t  fuzz_pieces;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > FUZZ_MAX) {
        return 0;
    }

    fuzz_read(&fuzz_whole, data + 1, size - 1, size);
    fuzz_read(&fuzz_pieces, data + 1, size - 1, data[0] % 16 + 1);

    FUZZ_CHECK(fuzz_whole.len == fuzz_pieces.len);
    FUZZ_CHECK(memcmp(fuzz_whole.out, fuzz_pieces.out, fuzz_whole.len) == 0);

    fuzz_header(data, size);

    return 0;
}


static void
fuzz_read(fuzz_log_t *log, const uint8_t *data, size_t size, size_t step)
{
    int                       failed;
    char                     *buf;
    size_t                    n, used;
    agent_websocket_event_t   e;
    agent_websocket_frame_t   f;

    memset(&f, 0, sizeof(f));
    log->len = 0;
    log->ntext = 0;
    failed = 0;

    while (size) {
        n = size < step ? size : step;

        /* of exact size, so that a byte too far is seen */

        buf = malloc(n);
        FUZZ_CHECK(buf != NULL);
        memcpy(buf, data, n);

        for (used = 0; used < n; /* void */ ) {
            used += agent_websocket_frame_read(&f, buf + used, n - used, &e);

            FUZZ_CHECK(used <= n);
            FUZZ_CHECK(!failed || e.type == AGENT_WEBSOCKET_MORE);

            failed |= (e.type == AGENT_WEBSOCKET_INVALID);
            fuzz_event(log, &e);
        }

        free(buf);
        data += n;
        size -= n;
    }
}


static void
fuzz_event(fuzz_log_t *log, agent_websocket_event_t *e)
{
    unsigned char  mark[4];

    switch (e->type) {

    case AGENT_WEBSOCKET_DATA:
        FUZZ_CHECK(e->opcode == AGENT_WEBSOCKET_TEXT
                   || e->opcode == AGENT_WEBSOCKET_BINARY);

        if (e->opcode == AGENT_WEBSOCKET_TEXT) {
            FUZZ_CHECK(log->ntext + e->len <= sizeof(log->text));

            if (e->len) {
                memcpy(log->text + log->ntext, e->data, e->len);
            }

            log->ntext += e->len;

            if (e->last) {
                FUZZ_CHECK(agent_utf8_valid((char *) log->text, log->ntext));
                fuzz_put(log, log->text, log->ntext);
                log->ntext = 0;
            }

        } else {
            fuzz_put(log, e->data, e->len);
        }

        if (e->last) {
            fuzz_put(log, "\n", 1);
        }

        break;

    case AGENT_WEBSOCKET_CONTROL:
    case AGENT_WEBSOCKET_INVALID:
        FUZZ_CHECK(e->len <= AGENT_WEBSOCKET_CONTROL_MAX);

        mark[0] = (unsigned char) e->type;
        mark[1] = (unsigned char) e->opcode;
        mark[2] = (unsigned char) (e->code >> 8);
        mark[3] = (unsigned char) e->code;

        if (e->type == AGENT_WEBSOCKET_INVALID) {
            FUZZ_CHECK(e->reason && strlen(e->reason) <= 123);
            FUZZ_CHECK(e->code == 1002 || e->code == 1007);

            /* a message that was cut short: as far as it came */
            log->ntext = 0;
        }

        fuzz_put(log, mark, 4);
        fuzz_put(log, e->data, e->len);
        break;

    case AGENT_WEBSOCKET_MORE:
        break;
    }
}


static void
fuzz_put(fuzz_log_t *log, const void *data, size_t len)
{
    FUZZ_CHECK(log->len + len <= sizeof(log->out));

    if (len) {
        memcpy(log->out + log->len, data, len);
    }

    log->len += len;
}


static void
fuzz_header(const uint8_t *data, size_t size)
{
    char                      buf[AGENT_WEBSOCKET_HEADER + 4];
    size_t                    n;
    uint64_t                  len;
    agent_websocket_event_t   e;
    agent_websocket_frame_t   f;

    len = 0;
    memcpy(&len, data, size < 8 ? size : 8);
    len >>= 1 + (size & 63) % 62;

    n = agent_websocket_frame_header(buf, AGENT_WEBSOCKET_BINARY, 1, len);
    FUZZ_CHECK(n <= AGENT_WEBSOCKET_HEADER);

    buf[1] = (char) (buf[1] | 0x80);
    memset(buf + n, 0, 4);

    memset(&f, 0, sizeof(f));
    FUZZ_CHECK(agent_websocket_frame_read(&f, buf, n + 4, &e) == n + 4);

    if (len == 0) {
        FUZZ_CHECK(e.type == AGENT_WEBSOCKET_DATA && e.last);

    } else {
        FUZZ_CHECK(e.type == AGENT_WEBSOCKET_MORE && f.left == len);
    }
}
