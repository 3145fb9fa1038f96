
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/exclude.h"
#include "archive/gunzip.h"
#include "archive/tar_reader.h"
#include "archive/tar_writer.h"


/*
 * The reader of archives, in pieces whose sizes the first bytes say, plain or
 * compressed; what it finds goes through the writer and is found again.  And
 * patterns of what to leave out.
 */

#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


typedef struct {
    int64_t              offset;       /* where the next content may begin */
    int64_t              stored;
    unsigned             members;
    unsigned             inside:1;
    unsigned             again:1;
    agent_tar_member_t   m;
} fuzz_archive_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_read(const uint8_t *data, size_t size);
static int fuzz_begin(void *data, const agent_tar_member_t *m,
    agent_fault_t *f);
static void fuzz_write(const agent_tar_member_t *m);
static int fuzz_again(void *data, const agent_tar_member_t *m,
    agent_fault_t *f);
static int fuzz_content(void *data, int64_t offset, const char *buf,
    size_t len, agent_fault_t *f);
static int fuzz_end(void *data, agent_fault_t *f);
static void fuzz_exclude(const uint8_t *data, size_t size);


static const agent_tar_reader_ops_t  fuzz_ops = {
    fuzz_begin, fuzz_content, fuzz_end
};

static const agent_tar_reader_ops_t  fuzz_again_ops = {
    fuzz_again, fuzz_content, fuzz_end
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4) {
        return 0;
    }

    if (data[0] == 'X') {
        fuzz_exclude(data + 1, size - 1);

    } else {
        fuzz_read(data, size);
    }

    return 0;
}


static void
fuzz_read(const uint8_t *data, size_t size)
{
    int                 rc;
    char               *piece;
    size_t              n, i, sizes[4];
    agent_fault_t       f;
    fuzz_archive_t      a;
    agent_gunzip_t      g;
    agent_tar_reader_t  r;

    for (i = 0; i < 4; i++) {
        sizes[i] = data[i] ? data[i] * (size_t) 16 : 1;
    }

    data += 4;
    size -= 4;

    memset(&a, 0, sizeof(fuzz_archive_t));
    memset(&r, 0, sizeof(agent_tar_reader_t));
    memset(&f, 0, sizeof(agent_fault_t));

    /* without the buffer, which it need not know */

    memset(&g, 0, sizeof(agent_gunzip_t));

    r.ops = &fuzz_ops;
    r.data = &a;
    g.reader = &r;

    agent_tar_reader_init(&r);

    rc = 0;

    for (i = 0; size && rc == 0; i++) {
        n = sizes[i & 3];

        if (n > size) {
            n = size;
        }

        /* exactly as large as it is */

        piece = malloc(n);
        FUZZ_CHECK(piece != NULL);
        memcpy(piece, data, n);

        rc = agent_gunzip_feed(&g, piece, n, &f);

        free(piece);
        data += n;
        size -= n;
    }

    if (rc == 0) {
        rc = agent_gunzip_finish(&g, &f);
    }

    FUZZ_CHECK(rc == 0 || (rc == -1 && f.code != NULL && f.status >= 400
                           && f.message[0] != '\0'));
    FUZZ_CHECK(rc == -1 || !a.inside);

    agent_fault_clear(&f);
    agent_gunzip_free(&g);
    agent_tar_reader_free(&r);
}


static int
fuzz_begin(void *data, const agent_tar_member_t *m, agent_fault_t *f)
{
    fuzz_archive_t  *a = data;

    FUZZ_CHECK(!a->inside);
    FUZZ_CHECK(m->name != NULL && m->link != NULL);
    FUZZ_CHECK(m->size >= 0 && m->stored >= 0);
    FUZZ_CHECK(m->type != AGENT_TAR_FILE || m->stored <= m->size
               || (m->sparse && m->stored == 0));
    FUZZ_CHECK((m->mode & ~07777) == 0);
    FUZZ_CHECK(m->mtime.tv_nsec >= 0 && m->mtime.tv_nsec < 1000000000);

    a->inside = 1;
    a->m = *m;
    a->offset = 0;
    a->stored = m->type == AGENT_TAR_FILE ? m->stored : 0;
    a->members++;

    if (!a->again) {
        fuzz_write(m);
    }

    return 0;
}


/* a member is written so that it is read as the same */

static void
fuzz_write(const agent_tar_member_t *m)
{
    char                *buf;
    size_t               n;
    agent_fault_t        f;
    fuzz_archive_t       a;
    agent_tar_member_t   copy;
    agent_tar_reader_t   r;

    copy = *m;

    if (m->type == AGENT_TAR_SPECIAL || m->name[0] == '\0' || m->sparse
        || strlen(m->name) > AGENT_TAR_PATH
        || strlen(m->link) > AGENT_TAR_PATH)
    {
        return;
    }

    buf = malloc(AGENT_TAR_WRITER_HEADERS);
    FUZZ_CHECK(buf != NULL);

    n = agent_tar_writer_headers(buf, &copy);
    FUZZ_CHECK(n % AGENT_TAR_BLOCK == 0 && n <= AGENT_TAR_WRITER_HEADERS);
    FUZZ_CHECK(n != 0 || m->stored > AGENT_TAR_SIZE);

    if (n == 0) {
        free(buf);
        return;
    }

    memset(&a, 0, sizeof(fuzz_archive_t));
    memset(&r, 0, sizeof(agent_tar_reader_t));
    memset(&f, 0, sizeof(agent_fault_t));

    a.again = 1;
    a.m = *m;
    r.ops = &fuzz_again_ops;
    r.data = &a;

    agent_tar_reader_init(&r);
    FUZZ_CHECK(agent_tar_reader_feed(&r, buf, n, &f) == 0);
    FUZZ_CHECK(a.members == 1);

    agent_tar_reader_free(&r);
    free(buf);
}


static int
fuzz_again(void *data, const agent_tar_member_t *m, agent_fault_t *f)
{
    fuzz_archive_t            *a = data;
    const agent_tar_member_t  *want;

    want = &a->m;

    FUZZ_CHECK(strcmp(m->name, want->name) == 0);
    FUZZ_CHECK(strcmp(m->link, want->link) == 0);
    FUZZ_CHECK(m->mode == want->mode);
    FUZZ_CHECK(m->uid == want->uid && m->gid == want->gid);

    /* a name with a slash at its end is a directory's */

    if (want->type == AGENT_TAR_FILE && m->type == AGENT_TAR_FILE) {
        FUZZ_CHECK(m->size == want->size);
    }

    return fuzz_begin(data, m, f);
}


static int
fuzz_content(void *data, int64_t offset, const char *buf, size_t len,
    agent_fault_t *f)
{
    fuzz_archive_t  *a = data;

    FUZZ_CHECK(a->inside && len != 0);
    FUZZ_CHECK(offset >= a->offset);
    FUZZ_CHECK((int64_t) len <= a->stored);
    FUZZ_CHECK(offset + (int64_t) len <= a->m.size);
    FUZZ_CHECK(a->m.sparse || offset == a->offset);

    /* each byte is there */

    FUZZ_CHECK(memchr(buf, buf[len - 1], len) != NULL);

    a->offset = offset + len;
    a->stored -= len;

    return 0;
}


static int
fuzz_end(void *data, agent_fault_t *f)
{
    fuzz_archive_t  *a = data;

    FUZZ_CHECK(a->inside && a->stored == 0);
    a->inside = 0;

    return 0;
}


/* patterns, a zero byte, and a path */

static void
fuzz_exclude(const uint8_t *data, size_t size)
{
    char             *text, *path;
    size_t            n;
    const char       *error;
    agent_exclude_t   x;

    n = strnlen((const char *) data, size);

    text = strndup((const char *) data, n);
    path = n < size ? strndup((const char *) data + n + 1, size - n - 1)
                    : strdup("");
    FUZZ_CHECK(text != NULL && path != NULL);

    if (agent_exclude_parse(&x, text, &error) == -1) {
        FUZZ_CHECK(error != NULL && x.text == NULL);

    } else {
        FUZZ_CHECK(x.n <= n + 1);

        if (agent_exclude_add(&x, path, &error) == -1) {
            FUZZ_CHECK(error != NULL && x.ndeep == 0);
        }

        if (size && (data[0] & 1)) {
            FUZZ_CHECK(agent_exclude_paths(&x, strdup(path), strlen(path) + 1)
                       == 0);
            FUZZ_CHECK(x.npaths == 1 && agent_exclude_match(&x, x.names) == 1);
        }

        (void) agent_exclude_match(&x, path);
        agent_exclude_free(&x);
    }

    free(path);
}
