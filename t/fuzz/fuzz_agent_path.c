
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "files/url_path.h"
#include "http/range.h"
#include "net/listeners.h"
#include "net/listeners_diag.h"
#include "net/listeners_proc.h"


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)

/* of the request that is answered; the seeds of the corpus have it */
#define FUZZ_SEQ           1


typedef struct {
    int     family;
    size_t  n;
    size_t  max;
} fuzz_diag_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_path(const char *text);
static void fuzz_range(const char *text);
static void fuzz_netstat(const char *text);
static void fuzz_diag(const uint8_t *data, size_t size, int family);
static int fuzz_diag_entry(const agent_listeners_addr_t *entry, void *data);


/* the agent's small parsers of what tenants and clients can word */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char  *text;

    text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);

    memcpy(text, data, size);
    text[size] = '\0';

    fuzz_path(text);
    fuzz_range(text);
    fuzz_netstat(text);

    free(text);

    fuzz_diag(data, size, AF_INET);
    fuzz_diag(data, size, AF_INET6);

    return 0;
}


/* what is accepted is in /workspace, normalised, and stays what it is */

static void
fuzz_path(const char *text)
{
    size_t            n;
    char             *out, *again, *escaped, *p;
    const char       *s;
    agent_url_path_e  rc;

    out = malloc(AGENT_URL_PATH_MAX + 2);
    again = malloc(AGENT_URL_PATH_MAX + 2);
    escaped = malloc(3 * AGENT_URL_PATH_MAX + 4);
    FUZZ_CHECK(out != NULL && again != NULL && escaped != NULL);

    rc = agent_url_path_decode(text, out);

    if (rc != AGENT_URL_PATH_OK) {
        FUZZ_CHECK(agent_url_path_strerror(rc) != NULL);
        goto done;
    }

    FUZZ_CHECK(strlen(out) <= AGENT_URL_PATH_MAX);
    FUZZ_CHECK(strncmp(out, "/workspace", 10) == 0);
    FUZZ_CHECK(out[10] == '\0' || out[10] == '/');

    for (s = out; *s != '\0'; s += n) {
        s++;
        n = strcspn(s, "/");

        FUZZ_CHECK(n <= AGENT_URL_PATH_NAME);
        FUZZ_CHECK(n != 0 || *s == '\0');
        FUZZ_CHECK(n != 1 || s[0] != '.');
        FUZZ_CHECK(n != 2 || s[0] != '.' || s[1] != '.');
    }

    for (p = escaped, s = out + 1; *s != '\0'; s++) {
        *p++ = '%';
        *p++ = "0123456789abcdef"[(unsigned char) *s >> 4];
        *p++ = "0123456789ABCDEF"[(unsigned char) *s & 15];
    }

    *p = '\0';

    FUZZ_CHECK(agent_url_path_decode(escaped, again) == AGENT_URL_PATH_OK);
    FUZZ_CHECK(strcmp(out, again) == 0);

done:

    free(out);
    free(again);
    free(escaped);
}


static void
fuzz_range(const char *text)
{
    size_t   i;
    int64_t  offset, length;

    static const int64_t  sizes[] = { 0, 1, 10, 4096, INT64_MAX };

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {

        if (agent_range_parse(text, sizes[i], &offset, &length)
            == AGENT_RANGE_PART)
        {
            FUZZ_CHECK(offset >= 0 && length > 0);
            FUZZ_CHECK(offset <= sizes[i] - length);
        }
    }
}


static void
fuzz_netstat(const char *text)
{
    int                     rc;
    agent_listeners_addr_t  entry;

    rc = agent_listeners_proc_parse(text, AF_INET, &entry);
    FUZZ_CHECK(rc != 1 || entry.family == AF_INET);

    rc = agent_listeners_proc_parse(text, AF_INET6, &entry);
    FUZZ_CHECK(rc != 1 || entry.family == AF_INET6);
}


/* a datagram of netlink, of exactly its size */

static void
fuzz_diag(const uint8_t *data, size_t size, int family)
{
    int                     err;
    char                   *buf;
    size_t                  n;
    fuzz_diag_t             ctx;
    agent_listeners_diag_e  rc;

    buf = malloc(size ? size : 1);
    FUZZ_CHECK(buf != NULL);

    if (size) {
        memcpy(buf, data, size);
    }

    err = 0;
    ctx.family = family;
    ctx.n = 0;
    ctx.max = 0;

    rc = agent_listeners_diag_parse(buf, size, family, FUZZ_SEQ,
                                    fuzz_diag_entry, &ctx, &err);

    FUZZ_CHECK(rc != AGENT_LISTENERS_DIAG_STOP);
    FUZZ_CHECK((rc == AGENT_LISTENERS_DIAG_ERROR) == (err > 0));
    FUZZ_CHECK(err >= 0 && err <= 4095);
    FUZZ_CHECK(ctx.n <= size / 88);

    n = ctx.n;

    if (n != 0) {
        err = 0;
        ctx.n = 0;
        ctx.max = n;

        rc = agent_listeners_diag_parse(buf, size, family, FUZZ_SEQ,
                                        fuzz_diag_entry, &ctx, &err);

        FUZZ_CHECK(rc == AGENT_LISTENERS_DIAG_STOP);
        FUZZ_CHECK(ctx.n == n && err == 0);
    }

    free(buf);
}


static int
fuzz_diag_entry(const agent_listeners_addr_t *entry, void *data)
{
    fuzz_diag_t *ctx = data;

    FUZZ_CHECK(entry->family == ctx->family);

    return ++ctx->n == ctx->max;
}
