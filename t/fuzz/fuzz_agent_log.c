
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/random.h"
#include "run/log.h"
#include "run/log_reader.h"


/*
 * A log that is written and read in any order.  What a reader that is always
 * there has seen is the truth: of what was written nothing is missing in it,
 * and what others read is the same, or said not to be kept.
 */


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)

#define FUZZ_READERS  4
#define FUZZ_MAX      (8 * 1024 * 1024)


typedef struct {
    agent_log_reader_t  *rd;
    uint64_t             offset;
    int                  waits;
} fuzz_reader_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_append(int stream, size_t len, uint8_t seed);
static void fuzz_read(fuzz_reader_t *r, int leader);
static void fuzz_ready(void *data);
static void fuzz_room(void *data);
static void fuzz_end(void);


uv_loop_t  *agent_loop;

static uv_loop_t          fuzz_loop;
static agent_run_log_t   *fuzz_spool;
static fuzz_reader_t      fuzz_leader;
static fuzz_reader_t      fuzz_readers[FUZZ_READERS];
static int                fuzz_full;

/* the truth: each byte and its stream; what was written, by stream */
static uint8_t           *fuzz_bytes;
static uint8_t           *fuzz_streams;
static uint8_t           *fuzz_written[2];
static size_t             fuzz_nwritten[2];


void
agent_random_hex(char *buf, size_t size)
{
    memset(buf, 'f', size - 1);
    buf[size - 1] = '\0';
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t          i, n;
    fuzz_reader_t  *r;

    if (fuzz_bytes == NULL) {
        fuzz_bytes = malloc(FUZZ_MAX);
        fuzz_streams = malloc(FUZZ_MAX);
        fuzz_written[0] = malloc(FUZZ_MAX);
        fuzz_written[1] = malloc(FUZZ_MAX);
    }

    FUZZ_CHECK(uv_loop_init(&fuzz_loop) == 0);
    agent_loop = &fuzz_loop;

    n = size ? 2 + data[0] % 7 : 2;

    fuzz_spool = agent_run_log_create(n * AGENT_RUN_LOG_BLOCK, fuzz_room, NULL);
    FUZZ_CHECK(fuzz_spool != NULL);

    fuzz_full = 0;
    fuzz_nwritten[0] = 0;
    fuzz_nwritten[1] = 0;
    memset(fuzz_readers, 0, sizeof(fuzz_readers));

    fuzz_leader.rd = agent_log_reader_create(fuzz_spool, 0, fuzz_ready,
                                             &fuzz_leader);
    fuzz_leader.offset = 0;
    fuzz_leader.waits = 0;

    for (i = 1; i + 4 <= size && i < 400; i += 4) {
        r = &fuzz_readers[data[i] / 8 % FUZZ_READERS];

        switch (data[i] % 8) {

        case 0:
        case 1:
        case 2:
            fuzz_append(1 + data[i] / 8 % 2,
                        data[i + 1] + (size_t) data[i + 2] % 128 * 256,
                        data[i + 3]);
            break;

        case 3:
            agent_log_reader_free(r->rd);

            r->offset = (data[i + 1] + data[i + 2] * 256UL)
                        % (agent_run_log_end(fuzz_spool) + 1);
            r->waits = 0;
            r->rd = agent_log_reader_create(fuzz_spool, r->offset,
                                            fuzz_ready, r);
            break;

        case 4:
        case 5:
            fuzz_read(r, 0);
            break;

        case 6:
            uv_run(&fuzz_loop, UV_RUN_NOWAIT);
            break;

        default:
            uv_run(&fuzz_loop, UV_RUN_DEFAULT);
        }
    }

    fuzz_end();

    return 0;
}


static void
fuzz_append(int stream, size_t len, uint8_t seed)
{
    size_t    i;
    uint8_t  *p;

    static const char  sample[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xff";

    /* whoever has been told that it is full waits */

    if (fuzz_full) {
        uv_run(&fuzz_loop, UV_RUN_DEFAULT);
        FUZZ_CHECK(!fuzz_full);
    }

    if (len == 0 || len > 32768
        || agent_run_log_end(fuzz_spool) + len + 8 > FUZZ_MAX)
    {
        return;
    }

    p = fuzz_written[stream - 1] + fuzz_nwritten[stream - 1];

    for (i = 0; i < len; i++) {
        p[i] = (uint8_t) (seed % 3 ? sample[(seed + i) % 11] : seed + i);
    }

    fuzz_nwritten[stream - 1] += len;

    agent_run_log_append(fuzz_spool, stream, (char *) p, len);
    fuzz_full = agent_run_log_full(fuzz_spool);

    fuzz_read(&fuzz_leader, 1);
}


/* all that there is now */

static void
fuzz_read(fuzz_reader_t *r, int leader)
{
    size_t                     i, n;
    agent_log_reader_piece_t   piece;

    if (r->rd == NULL || r->waits) {
        return;
    }

    for ( ;; ) {

        switch (agent_log_reader_read(r->rd, &piece)) {

        case AGENT_LOG_READER_WAIT:
            FUZZ_CHECK(!leader);
            r->waits = 1;
            return;

        case AGENT_LOG_READER_GAP:
            FUZZ_CHECK(!leader);
            FUZZ_CHECK(piece.offset == r->offset);
            FUZZ_CHECK(piece.end > piece.offset);
            FUZZ_CHECK(piece.end <= agent_run_log_end(fuzz_spool));
            r->offset = piece.end;
            break;

        case AGENT_LOG_READER_DATA:
            FUZZ_CHECK(piece.offset == r->offset);
            FUZZ_CHECK(piece.stream == 1 || piece.stream == 2);
            FUZZ_CHECK(piece.end > piece.offset
                       && piece.end - piece.offset <= AGENT_RUN_LOG_BLOCK);

            n = (size_t) (piece.end - piece.offset);

            if (leader) {
                memcpy(fuzz_bytes + piece.offset, piece.data, n);
                memset(fuzz_streams + piece.offset, piece.stream, n);

            } else {
                FUZZ_CHECK(memcmp(fuzz_bytes + piece.offset, piece.data, n)
                           == 0);

                for (i = 0; i < n; i++) {
                    FUZZ_CHECK(fuzz_streams[piece.offset + i]
                               == piece.stream);
                }
            }

            r->offset = piece.end;

            FUZZ_CHECK(agent_log_reader_offset(r->rd) == r->offset);

            if (!leader && n > 3 && n % 3 == 0) {
                agent_log_reader_unread(r->rd, n / 2);
                r->offset -= n / 2;
                return;
            }

            break;

        default: /* AGENT_LOG_READER_OFF */
            FUZZ_CHECK(r->offset == agent_run_log_end(fuzz_spool));
            return;
        }
    }
}


static void
fuzz_ready(void *data)
{
    fuzz_reader_t  *r;

    r = data;
    r->waits = 0;
}


static void
fuzz_room(void *data)
{
    fuzz_full = 0;
}


static void
fuzz_end(void)
{
    int       i, stream;
    size_t    n[2];
    uint64_t  at;

    agent_run_log_finish(fuzz_spool);
    fuzz_read(&fuzz_leader, 1);

    /* nothing is missing, on either stream */

    n[0] = 0;
    n[1] = 0;

    for (at = 0; at < agent_run_log_end(fuzz_spool); at++) {
        stream = fuzz_streams[at] - 1;
        FUZZ_CHECK(n[stream] < fuzz_nwritten[stream]);
        FUZZ_CHECK(fuzz_written[stream][n[stream]++] == fuzz_bytes[at]);
    }

    FUZZ_CHECK(n[0] == fuzz_nwritten[0] && n[1] == fuzz_nwritten[1]);

    for (i = 0; i < FUZZ_READERS; i++) {

        while (fuzz_readers[i].rd
               && fuzz_readers[i].offset < agent_run_log_end(fuzz_spool))
        {
            fuzz_read(&fuzz_readers[i], 0);
            uv_run(&fuzz_loop, UV_RUN_DEFAULT);
        }
    }

    /* in any order, and while it is written or read */

    agent_run_log_release(fuzz_spool);
    agent_log_reader_free(fuzz_leader.rd);

    for (i = 0; i < FUZZ_READERS; i++) {
        agent_log_reader_free(fuzz_readers[i].rd);
    }

    uv_run(&fuzz_loop, UV_RUN_DEFAULT);
    FUZZ_CHECK(uv_loop_close(&fuzz_loop) == 0);
}
