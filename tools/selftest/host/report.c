
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ac_json_writer.h"

#include "host/report.h"


#define SELFTEST_REPORT_WIDTH   79
#define SELFTEST_REPORT_INDENT  35


static void selftest_report_row(const selftest_promise_t *promise,
    const selftest_result_t *result);
static void selftest_report_wrap(const char *prefix, const char *text);
static void selftest_report_json(ac_json_writer_t *w, const char *class,
    const selftest_results_t *results);
static const char *selftest_report_advice(const selftest_promise_t *promise,
    const selftest_result_t *result);


static ac_json_writer_t  selftest_report_writer;


void
selftest_report_begin(selftest_report_t *report, int json, const char *url)
{
    ac_json_writer_t  *w;

    report->json = json;
    report->terminal = isatty(STDERR_FILENO);
    report->writer = NULL;

    if (!json) {
        return;
    }

    w = &selftest_report_writer;
    report->writer = w;

    ac_json_writer_object(w, NULL);
    ac_json_writer_integer(w, "version", 1);
    ac_json_writer_string(w, "url", url);
    ac_json_writer_array(w, "classes");
}


void
selftest_report_progress(selftest_report_t *report, const char *class,
    const char *step)
{
    if (!report->terminal) {
        return;
    }

    /* the line is used again */

    fprintf(stderr, "\r\033[K");

    if (step) {
        fprintf(stderr, "class %s: %s ...", class, step);
    }

    fflush(stderr);
}


void
selftest_report_class(selftest_report_t *report, const char *class,
    const selftest_results_t *results)
{
    int  i;

    selftest_report_progress(report, class, NULL);

    if (report->json) {
        selftest_report_json(report->writer, class, results);
        return;
    }

    printf("class %s\n\n", class);

    for (i = 0; selftest_promises[i].name; i++) {
        selftest_report_row(&selftest_promises[i], &results->rows[i]);
    }

    if (results->error) {
        printf("  ERROR         %s\n", results->error);
    }

    printf("\n");
    fflush(stdout);
}


static void
selftest_report_row(const selftest_promise_t *promise,
    const selftest_result_t *result)
{
    const char  *advice;

    static const char  *words[] = {
        "", "-", "PASS", "NOT ENFORCED", "FAIL"
    };

    if (result->result == SELFTEST_UNTRIED) {
        return;
    }

    printf("  %-12s  %-17s  ", words[result->result], promise->name);

    if (result->result == SELFTEST_SKIPPED && result->text) {
        selftest_report_wrap("", result->text);
        return;
    }

    selftest_report_wrap("", promise->promise);

    if (result->result == SELFTEST_PASSED) {
        return;
    }

    advice = selftest_report_advice(promise, result);

    if (result->text) {
        printf("%*s", SELFTEST_REPORT_INDENT, "");
        selftest_report_wrap("Found: ", result->text);
    }

    if (advice) {
        printf("%*s", SELFTEST_REPORT_INDENT, "");
        selftest_report_wrap("To do: ", advice);
    }
}


static const char *
selftest_report_advice(const selftest_promise_t *promise,
    const selftest_result_t *result)
{
    switch (result->result) {

    case SELFTEST_FAILED:
        return promise->fail;

    case SELFTEST_NOT_ENFORCED:
        return promise->low ? promise->low : promise->fail;

    default:
        return NULL;
    }
}


/* from the column of the text on; continued lines begin there too */

static void
selftest_report_wrap(const char *prefix, const char *text)
{
    int          column;
    size_t       len;
    const char  *p;

    column = SELFTEST_REPORT_INDENT + printf("%s", prefix);

    for (p = text; *p; p += len + strspn(p + len, " ")) {
        len = strcspn(p, " ");

        if (p != text) {

            if (column + 1 + (int) len > SELFTEST_REPORT_WIDTH) {
                printf("\n%*s", SELFTEST_REPORT_INDENT, "");
                column = SELFTEST_REPORT_INDENT;

            } else {
                putchar(' ');
                column++;
            }
        }

        printf("%.*s", (int) len, p);
        column += (int) len;
    }

    putchar('\n');
}


static void
selftest_report_json(ac_json_writer_t *w, const char *class,
    const selftest_results_t *results)
{
    int                         i;
    const char                 *advice;
    const selftest_result_t    *r;
    const selftest_promise_t   *promise;

    static const char  *words[] = {
        "", "skipped", "pass", "not_enforced", "fail"
    };

    ac_json_writer_object(w, NULL);
    ac_json_writer_string(w, "class", class);

    if (results->error) {
        ac_json_writer_string(w, "error", results->error);
    }

    ac_json_writer_array(w, "rows");

    for (i = 0; selftest_promises[i].name; i++) {
        promise = &selftest_promises[i];
        r = &results->rows[i];

        if (r->result == SELFTEST_UNTRIED) {
            continue;
        }

        ac_json_writer_object(w, NULL);
        ac_json_writer_string(w, "row", promise->name);
        ac_json_writer_string(w, "result", words[r->result]);
        ac_json_writer_string(w, "promise", promise->promise);

        if (r->text) {
            ac_json_writer_string(w, "found", r->text);
        }

        advice = selftest_report_advice(promise, r);

        if (advice) {
            ac_json_writer_string(w, "todo", advice);
        }

        ac_json_writer_object_end(w);
    }

    ac_json_writer_array_end(w);
    ac_json_writer_object_end(w);
}


void
selftest_report_end(selftest_report_t *report, const selftest_count_t *count)
{
    char              *text;
    ac_json_writer_t  *w;

    if (!report->json) {
        printf("%u passed, %u failed, %u not enforced, %u not promised\n",
               count->passed, count->failed, count->not_enforced,
               count->skipped);
        return;
    }

    w = report->writer;

    ac_json_writer_array_end(w);
    ac_json_writer_integer(w, "passed", count->passed);
    ac_json_writer_integer(w, "failed", count->failed);
    ac_json_writer_integer(w, "not_enforced", count->not_enforced);
    ac_json_writer_integer(w, "skipped", count->skipped);
    ac_json_writer_integer(w, "errors", count->errors);
    ac_json_writer_object_end(w);

    text = ac_json_writer_finish(w);

    if (text) {
        printf("%s\n", text);
        free(text);
    }
}


void
selftest_report_list(void)
{
    int  i;

    for (i = 0; selftest_promises[i].name; i++) {
        printf("%s\t%s\n", selftest_promises[i].name,
               selftest_promises[i].promise);
    }
}
