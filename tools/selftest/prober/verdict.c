
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "prober/verdict.h"


#define SELFTEST_VERDICT_TEXT  1024


static void selftest_verdict_add(selftest_verdict_e result, const char *fmt,
    va_list args) __attribute__((format(printf, 2, 0)));
static void selftest_verdict_line(const char *row, const char *result,
    const char *text);


static selftest_verdict_e  selftest_verdict;
static char                selftest_verdict_text[SELFTEST_VERDICT_TEXT];


void
selftest_verdict_fail(const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    selftest_verdict_add(SELFTEST_FAIL, fmt, args);
    va_end(args);
}


void
selftest_verdict_low(const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    selftest_verdict_add(SELFTEST_LOW, fmt, args);
    va_end(args);
}


void
selftest_verdict_none(const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    selftest_verdict_add(SELFTEST_NONE, fmt, args);
    va_end(args);
}


void
selftest_verdict_note(const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    selftest_verdict_add(SELFTEST_PASS, fmt, args);
    va_end(args);
}


int
selftest_verdict_refused(const char *what, long rc)
{
    if (rc == -1) {
        return 1;
    }

    selftest_verdict_fail("%s is possible", what);

    return 0;
}


void
selftest_verdict_print(const char *row)
{
    static const char  *results[] = { "pass", "none", "low", "fail" };

    selftest_verdict_line(row, results[selftest_verdict],
                          selftest_verdict_text);
}


void
selftest_verdict_lost(const char *row, const char *text)
{
    selftest_verdict_line(row, "fail", text);
}


/* a worse result replaces the texts of a better one */

static void
selftest_verdict_add(selftest_verdict_e result, const char *fmt, va_list args)
{
    size_t  len;

    if (result < selftest_verdict) {
        return;
    }

    if (result > selftest_verdict) {
        selftest_verdict = result;
        selftest_verdict_text[0] = '\0';
    }

    len = strlen(selftest_verdict_text);

    if (len && len < SELFTEST_VERDICT_TEXT - 3) {
        memcpy(selftest_verdict_text + len, "; ", 3);
        len += 2;
    }

    (void) vsnprintf(selftest_verdict_text + len, SELFTEST_VERDICT_TEXT - len,
                     fmt, args);
}


static void
selftest_verdict_line(const char *row, const char *result, const char *text)
{
    int   n;
    char  line[SELFTEST_VERDICT_TEXT + 128], *p;

    n = snprintf(line, sizeof(line), "end %s %s %s", row, result, text);

    if (n < 0) {
        return;
    }

    if ((size_t) n > sizeof(line) - 2) {
        n = sizeof(line) - 2;
    }

    for (p = line; p < line + n; p++) {

        if (*p < ' ' || *p > '~') {
            *p = '?';
        }
    }

    *p++ = '\n';

    if (write(STDOUT_FILENO, line, (size_t) (p - line)) == -1) {
        _exit(1);
    }
}
