
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <llhttp.h>

#include "base/buffer.h"
#include "transport/message.h"
#include "transport/sse_reader.h"


/*
 * A message becomes exactly one HTTP request, whatever its texts have in them.
 * Events are the same whole and in pieces.  The first byte is the size of the
 * pieces.
 */


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)

#define FUZZ_MAX  65536


typedef struct {
    char    data[FUZZ_MAX * 4];
    size_t  len;
    int     open;
} fuzz_events_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_message(const uint8_t *data, size_t size);
static int fuzz_complete(llhttp_t *parser);
static void fuzz_read(fuzz_events_t *e, const uint8_t *data, size_t size,
    size_t step);
static void fuzz_begin(void *data, const char *event);
static void fuzz_data(void *data, const char *buf, size_t len);
static void fuzz_end(void *data);
static void fuzz_put(fuzz_events_t *e, const char *buf, size_t len);


static fuzz_events_t  fuzz_whole;
static fuzz_events_t  fuzz_pieces;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > FUZZ_MAX) {
        return 0;
    }

    fuzz_message(data + 1, size - 1);

    fuzz_read(&fuzz_whole, data + 1, size - 1, size);
    fuzz_read(&fuzz_pieces, data + 1, size - 1, data[0] % 16 + 1);

    FUZZ_CHECK(fuzz_whole.len == fuzz_pieces.len);
    FUZZ_CHECK(memcmp(fuzz_whole.data, fuzz_pieces.data, fuzz_whole.len) == 0);

    return 0;
}


static void
fuzz_message(const uint8_t *data, size_t size)
{
    int                requests;
    json_t            *json;
    llhttp_t           parser;
    agent_buffer_t     b;
    llhttp_settings_t  settings;

    json = json_loadb((const char *) data, size, 0, NULL);

    memset(&b, 0, sizeof(agent_buffer_t));

    if (json && agent_transport_message(&b, json) == NULL) {
        llhttp_settings_init(&settings);
        settings.on_message_complete = fuzz_complete;

        llhttp_init(&parser, HTTP_REQUEST, &settings);
        requests = 0;
        parser.data = &requests;

        FUZZ_CHECK(llhttp_execute(&parser, b.data, b.len) == HPE_OK);
        FUZZ_CHECK(requests == 1);
    }

    agent_buffer_free(&b);
    json_decref(json);
}


static int
fuzz_complete(llhttp_t *parser)
{
    ++*(int *) parser->data;

    return 0;
}


static void
fuzz_read(fuzz_events_t *e, const uint8_t *data, size_t size, size_t step)
{
    size_t              n;
    agent_sse_reader_t  reader;

    memset(&reader, 0, sizeof(agent_sse_reader_t));

    reader.data = e;
    reader.on_begin = fuzz_begin;
    reader.on_data = fuzz_data;
    reader.on_end = fuzz_end;

    e->len = 0;
    e->open = 0;

    while (size) {
        n = size < step ? size : step;
        agent_sse_reader_feed(&reader, (const char *) data, n);

        data += n;
        size -= n;
    }
}


static void
fuzz_begin(void *data, const char *event)
{
    fuzz_events_t  *e;

    e = data;

    FUZZ_CHECK(!e->open && strlen(event) <= AGENT_SSE_READER_NAME);
    e->open = 1;

    fuzz_put(e, "[", 1);
    fuzz_put(e, event, strlen(event));
    fuzz_put(e, ":", 1);
}


static void
fuzz_data(void *data, const char *buf, size_t len)
{
    fuzz_events_t  *e;

    e = data;

    FUZZ_CHECK(e->open && len);
    fuzz_put(e, buf, len);
}


static void
fuzz_end(void *data)
{
    fuzz_events_t  *e;

    e = data;

    FUZZ_CHECK(e->open);
    e->open = 0;

    fuzz_put(e, "]", 1);
}


static void
fuzz_put(fuzz_events_t *e, const char *buf, size_t len)
{
    FUZZ_CHECK(len <= sizeof(e->data) - e->len);

    memcpy(e->data + e->len, buf, len);
    e->len += len;
}
