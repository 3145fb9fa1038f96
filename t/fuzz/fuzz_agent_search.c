
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/literal.h"
#include "base/pattern.h"
#include "files/glob.h"
#include "files/ignore.h"
#include "files/lines.h"


/*
 * Patterns of clients and .gitignore files with paths, and lines of files with
 * texts and expressions: compared with the same done simply.  The first byte
 * says which, the second one how, and a NUL ends the pattern.
 */


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_glob(const char *pattern, size_t plen, const char *path,
    size_t len, int icase);
static int fuzz_glob_simple(const char *p, const char *pend, const char *s,
    const char *end);
static void fuzz_ignore(const char *rules, size_t rlen, const char *path,
    size_t len, int client);
static void fuzz_lines(const char *text, size_t tlen, const char *content,
    size_t len, int flags);
static int fuzz_lines_has(agent_lines_t *l, const char *line, size_t len,
    int icase);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char     *first, *second;
    size_t    n, len;
    uint8_t  *end;

    if (size < 3 || size > 65536) {
        return 0;
    }

    end = memchr(data + 2, '\0', size - 2);
    n = end ? (size_t) (end - data) - 2 : size - 2;
    len = end ? size - n - 3 : 0;

    /* exactly as long: a byte read beyond it is found */

    first = malloc(n ? n : 1);
    second = malloc(len ? len : 1);
    FUZZ_CHECK(first != NULL && second != NULL);

    memcpy(first, data + 2, n);
    memcpy(second, data + size - len, len);

    switch (data[0] % 3) {

    case 0:
        fuzz_glob(first, n, second, len, data[1] & 1);
        break;

    case 1:
        fuzz_ignore(first, n, second, len, data[1] & 1);
        break;

    default:
        fuzz_lines(first, n, second, len, data[1]);
    }

    free(first);
    free(second);

    return 0;
}


static void
fuzz_glob(const char *pattern, size_t plen, const char *path, size_t len,
    int icase)
{
    int     rc;
    size_t  i;

    if (plen > 1024 || len > 1024) {
        return;
    }

    rc = agent_glob_name(pattern, plen, path, len, icase);

    if (agent_glob_plain(pattern, plen) && !icase) {
        FUZZ_CHECK(rc == (plen == len && memcmp(pattern, path, len) == 0));
    }

    /* without sets, it is simple */

    if (!icase && plen < 12 && len < 24 && memchr(pattern, '[', plen) == NULL) {

        for (i = 0; i < len; i++) {
            if ((unsigned char) path[i] >= 0x80) {
                break;
            }
        }

        if (i == len) {
            FUZZ_CHECK(rc == fuzz_glob_simple(pattern, pattern + plen, path,
                                              path + len));
        }
    }

    /* what matches one case matches any */

    if (rc && !icase) {
        FUZZ_CHECK(agent_glob_name(pattern, plen, path, len, 1)
                   || memchr(pattern, '[', plen) != NULL);
    }

    rc = agent_glob_path(pattern, plen, path, len, icase);

    if (memchr(pattern, '/', plen) == NULL && memchr(path, '/', len) == NULL) {
        FUZZ_CHECK(rc == agent_glob_name(pattern, plen, path, len, icase));
    }

    (void) agent_glob_check(pattern, plen);
}


/* takes exponential time */

static int
fuzz_glob_simple(const char *p, const char *pend, const char *s,
    const char *end)
{
    if (p == pend) {
        return s == end;
    }

    if (*p == '*') {
        return fuzz_glob_simple(p + 1, pend, s, end)
               || (s < end && fuzz_glob_simple(p, pend, s + 1, end));
    }

    if (s == end) {
        return 0;
    }

    if (*p == '\\') {

        if (++p == pend) {
            return 0;
        }

        return *p == *s && fuzz_glob_simple(p + 1, pend, s + 1, end);
    }

    return (*p == '?' || *p == *s)
           && fuzz_glob_simple(p + 1, pend, s + 1, end);
}


static void
fuzz_ignore(const char *rules, size_t rlen, const char *path, size_t len,
    int client)
{
    int              rc;
    size_t           name;
    const char      *slash, *error;
    agent_ignore_t   x;

    if (len > 1024) {
        return;
    }

    memset(&x, 0, sizeof(agent_ignore_t));

    if (client) {
        error = agent_ignore_pattern(&x, rules, rlen);
        FUZZ_CHECK(error == NULL || error[0]);
        FUZZ_CHECK(x.n <= AGENT_IGNORE_RULES && x.used <= AGENT_IGNORE_TEXT);

    } else {
        FUZZ_CHECK(agent_ignore_parse(&x, rules, rlen) == 0);
        FUZZ_CHECK(x.used <= rlen);
    }

    slash = memrchr(path, '/', len);
    name = slash ? (size_t) (slash + 1 - path) : 0;

    rc = agent_ignore_match(&x, path, len, name, 0);
    FUZZ_CHECK(rc >= -1 && rc <= 1);
    FUZZ_CHECK(x.n || rc == 0);

    rc = agent_ignore_match(&x, path, len, name, 1);
    FUZZ_CHECK(rc >= -1 && rc <= 1);

    FUZZ_CHECK(agent_ignore_memory(&x) >= x.used);

    agent_ignore_free(&x);
}


/* each line of a file is matched by itself */

static void
fuzz_lines(const char *text, size_t tlen, const char *content, size_t len,
    int flags)
{
    int             fd, rc, icase;
    char            error[128];
    size_t          i, n, number, pos;
    agent_lines_t   l;

    static int  file = -1;

    if (tlen == 0 || tlen > 64 || memchr(text, '\n', tlen) != NULL
        || memchr(text, '\0', tlen) != NULL || len > 40000)
    {
        return;
    }

    memset(&l, 0, sizeof(agent_lines_t));

    icase = flags & 1;
    l.icase = icase;
    l.before = flags >> 2 & 3;
    l.after = flags >> 4 & 3;
    l.size = 8192;
    l.buf = malloc(l.size);
    FUZZ_CHECK(l.buf != NULL);

    if (flags & 2) {
        l.pattern = agent_pattern_lines(text, tlen, icase, error,
                                        sizeof(error));

        if (l.pattern == NULL) {
            goto done;
        }

        agent_literal(text, tlen, &l.literal);
        FUZZ_CHECK(l.literal.n <= AGENT_LITERAL_MAX);
        FUZZ_CHECK(l.literal.n == 0 || l.literal.used <= tlen);

    } else {
        memcpy(l.literal.text, text, tlen);
        l.literal.n = 1;
        l.literal.len[0] = tlen;
        l.literal.used = tlen;
    }

    if (icase && l.literal.n) {

        for (i = 0; i < l.literal.used; i++) {
            if (l.literal.text[i] >= 'A' && l.literal.text[i] <= 'Z') {
                l.literal.text[i] |= 0x20;
            }
        }

        l.fold = malloc(l.size);
        FUZZ_CHECK(l.fold != NULL);
    }

    if (file == -1) {
        file = memfd_create("fuzz", MFD_CLOEXEC);
    }

    fd = file;
    FUZZ_CHECK(fd != -1 && ftruncate(fd, 0) == 0);
    FUZZ_CHECK(pwrite(fd, content, len, 0) == (ssize_t) len);
    FUZZ_CHECK(lseek(fd, 0, SEEK_SET) == 0);

    rc = agent_lines_open(&l, fd, flags & 64 ? (int64_t) len : 0);

    n = len < AGENT_LINES_BINARY ? len : AGENT_LINES_BINARY;
    FUZZ_CHECK(rc == (memchr(content, '\0', n) != NULL));

    number = 0;
    pos = 0;

    while (rc == 0) {

        /* with no time, it pauses wherever it can */

        do {
            rc = agent_lines_next(&l, flags & 128 ? 0 : UINT64_MAX);
        } while (rc == 2);

        FUZZ_CHECK(rc == 0 || rc == 1);

        /* up to there, no other line has it */

        for ( /* void */ ; pos < len; pos += n + 1) {
            const char  *end;

            end = memchr(content + pos, '\n', len - pos);
            n = end ? (size_t) (end - content) - pos : len - pos;
            number++;

            if (rc == 1 && number == l.number) {
                FUZZ_CHECK(n > AGENT_PATTERN_WINDOW
                           || fuzz_lines_has(&l, content + pos, n, icase));
                FUZZ_CHECK(l.offset >= pos
                           && l.offset + (l.to - l.from) <= pos + n);
                FUZZ_CHECK(memcmp(l.buf + l.from, content + l.offset,
                                  l.to - l.from) == 0);
                FUZZ_CHECK(l.line <= l.from && l.to <= l.line_end
                           && l.line_end <= l.end);

                if (l.begins && l.ends) {
                    FUZZ_CHECK(l.line_end - l.line == n);
                    FUZZ_CHECK(l.column
                               == agent_lines_chars(&l, l.line, l.from) + 1);
                }

                pos += n + 1;
                break;
            }

            FUZZ_CHECK(n > AGENT_PATTERN_WINDOW
                       || !fuzz_lines_has(&l, content + pos, n, icase));
        }

        if (rc == 0) {
            break;
        }

        rc = 0;
    }

done:

    agent_pattern_free(l.pattern);
    free(l.buf);
    free(l.fold);
}


static int
fuzz_lines_has(agent_lines_t *l, const char *line, size_t len, int icase)
{
    char    c;
    size_t  i, j, n, from, to;

    if (l->pattern) {
        return agent_pattern_find(l->pattern, line, len, 1, 1, &from, &to);
    }

    n = l->literal.len[0];

    for (i = 0; i + n <= len; i++) {

        for (j = 0; j < n; j++) {
            c = line[i + j];
            c = icase && c >= 'A' && c <= 'Z' ? c | 0x20 : c;

            if (c != l->literal.text[j]) {
                break;
            }
        }

        if (j == n) {
            return 1;
        }
    }

    return 0;
}
