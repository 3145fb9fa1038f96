
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "base/json_split.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "files/decode.h"
#include "files/mime.h"


/*
 * Bodies of the routes that write files, split as they arrive in pieces, and
 * compared with what jansson makes of the whole; base64 in pieces, compared
 * with the decoder of the whole; and types of files.  The first byte says what
 * the rest is, the second one how large the pieces are.
 */


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


typedef struct {
    agent_buffer_t  content;           /* of the last record */
    size_t          begun;
    size_t          records;
} fuzz_split_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_split(const char *buf, size_t len, size_t piece,
    const char *list);
static int fuzz_begin(void *data, json_t *head, agent_fault_t *fault);
static void fuzz_text(void *data, const char *buf, size_t len);
static int fuzz_record(void *data, json_t *record, agent_fault_t *fault);
static void fuzz_decode(const char *buf, size_t len, size_t piece);
static void fuzz_mime(const char *buf, size_t len);
static void fuzz_plain(const char *buf, size_t len);


static const agent_json_split_ops_t  fuzz_ops = {
    fuzz_begin,
    fuzz_text,
    fuzz_record
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char    *buf;
    size_t   len, piece;

    if (size < 2 || size > 65536) {
        return 0;
    }

    len = size - 2;
    piece = data[1] + 1;

    /* exactly as long: a byte read beyond it is found */

    buf = malloc(len ? len : 1);
    FUZZ_CHECK(buf != NULL);
    memcpy(buf, data + 2, len);

    switch (data[0] % 5) {

    case 0:
        fuzz_split(buf, len, piece, NULL);
        break;

    case 1:
        fuzz_split(buf, len, piece, "files");
        break;

    case 2:
        fuzz_decode(buf, len, piece);
        break;

    case 3:
        fuzz_mime(buf, len);
        break;

    default:
        fuzz_plain(buf, len);
    }

    free(buf);

    return 0;
}


static void
fuzz_split(const char *buf, size_t len, size_t piece, const char *list)
{
    int                  rc;
    json_t              *outer, *whole, *content;
    size_t               i, n, used;
    fuzz_split_t         f;
    agent_fault_t        fault;
    agent_json_split_t   s;

    memset(&f, 0, sizeof(fuzz_split_t));
    memset(&s, 0, sizeof(agent_json_split_t));

    s.ops = &fuzz_ops;
    s.data = &f;
    s.list = list;

    rc = 0;
    fault.context = NULL;

    for (i = 0; i < len && rc == 0; i += used) {
        n = len - i > piece ? piece : len - i;

        rc = agent_json_split_feed(&s, buf + i, n, &used, &fault);

        FUZZ_CHECK(rc == -1 || (used > 0 && used <= n));
    }

    outer = NULL;

    if (rc == 0) {
        json_decref(agent_json_split_head(&s));
        rc = agent_json_split_end(&s, &outer, &fault);
    }

    if (rc == -1) {
        FUZZ_CHECK(fault.status >= 400 && fault.message[0]);
        FUZZ_CHECK(outer == NULL);
        agent_fault_clear(&fault);

    } else {

        /* what is accepted is JSON, and the content is that of a member */

        whole = json_loadb(buf, len, JSON_ALLOW_NUL, NULL);

        FUZZ_CHECK(json_is_object(whole) && json_is_object(outer));

        content = json_object_get(whole, "content");

        if (list == NULL) {
            FUZZ_CHECK(f.records == 1 && f.begun <= 1);
        }

        if (list == NULL && f.begun == 1 && json_is_string(content)
            && json_object_size(outer) == json_object_size(whole)
            && json_string_length(json_object_get(outer, "content")) == 0)
        {
            FUZZ_CHECK(json_string_length(content) == f.content.len);
            FUZZ_CHECK(f.content.len == 0
                       || memcmp(json_string_value(content), f.content.data,
                                 f.content.len) == 0);
        }

        json_decref(whole);
        json_decref(outer);
    }

    agent_json_split_free(&s);
    agent_buffer_free(&f.content);
}


static int
fuzz_begin(void *data, json_t *head, agent_fault_t *fault)
{
    fuzz_split_t  *f;

    f = data;
    f->begun++;
    f->content.len = 0;

    FUZZ_CHECK(json_is_object(head));

    return 0;
}


static void
fuzz_text(void *data, const char *buf, size_t len)
{
    fuzz_split_t  *f;

    f = data;

    FUZZ_CHECK(len > 0 && agent_utf8_valid(buf, len));

    agent_buffer_add(&f->content, buf, len);
}


static int
fuzz_record(void *data, json_t *record, agent_fault_t *fault)
{
    fuzz_split_t  *f;

    f = data;
    f->records++;

    FUZZ_CHECK(json_is_object(record));

    return 0;
}


static void
fuzz_decode(const char *buf, size_t len, size_t piece)
{
    char            *out, *whole;
    size_t           i, n;
    ssize_t          rc, total, expected;
    agent_decode_t   d;

    memset(&d, 0, sizeof(agent_decode_t));

    out = malloc(len + 8);
    whole = malloc(len + 8);
    FUZZ_CHECK(out != NULL && whole != NULL);

    total = 0;
    rc = 0;

    for (i = 0; i < len && rc != -1; i += n) {
        n = len - i > piece ? piece : len - i;

        rc = agent_decode(&d, out + total, buf + i, n);

        FUZZ_CHECK(rc <= (ssize_t) (n / 4 * 3 + 3));
        total += rc == -1 ? 0 : rc;
    }

    if (rc != -1) {
        rc = agent_decode_end(&d, out + total);
        total += rc == -1 ? 0 : rc;
    }

    expected = agent_base64_decode(whole, buf, len);

    if (rc == -1) {
        FUZZ_CHECK(expected == -1);

    } else {
        FUZZ_CHECK(expected == total);
        FUZZ_CHECK(memcmp(out, whole, total) == 0);
    }

    free(out);
    free(whole);
}


static void
fuzz_mime(const char *buf, size_t len)
{
    char        *name;
    const char  *type;

    name = malloc(len + 1);
    FUZZ_CHECK(name != NULL);
    memcpy(name, buf, len);
    name[len] = '\0';

    type = agent_mime_of_name(name);

    if (type) {
        FUZZ_CHECK(agent_mime_valid(type, strlen(type)));
        (void) agent_mime_text(type);
    }

    type = agent_mime_of_bytes(buf, len, len & 1);
    FUZZ_CHECK(agent_mime_valid(type, strlen(type)));

    if (agent_mime_valid(buf, len)) {
        FUZZ_CHECK(strlen(name) == len || memchr(buf, '\0', len));
        (void) agent_mime_text(name);
    }

    free(name);
}


/* a run of plain bytes ends where one byte at a time says so */

static void
fuzz_plain(const char *buf, size_t len)
{
    char    *out;
    size_t   n;

    for (n = 0; n < len; n++) {

        if (buf[n] < 0x20 || buf[n] == '"' || buf[n] == '\\') {
            break;
        }
    }

    FUZZ_CHECK(agent_json_text_plain(buf, len) == n);

    out = malloc(len * AGENT_JSON_TEXT_ESCAPE + 1);
    FUZZ_CHECK(out != NULL);

    FUZZ_CHECK(agent_json_text_escape(out, buf, len)
               == agent_json_text_len(buf, len));

    free(out);
}
