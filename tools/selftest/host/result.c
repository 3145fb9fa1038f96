
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "host/result.h"
#include "host/text.h"


void
selftest_result_set(selftest_results_t *results, const char *row, size_t len,
    selftest_result_e result, const char *text)
{
    int                 i;
    char               *p;
    selftest_result_t  *r;

    i = selftest_promises_find(row, len);

    if (i == -1) {
        return;
    }

    r = &results->rows[i];

    if (result < r->result) {
        return;
    }

    r->result = result;
    free(r->text);
    r->text = NULL;

    if (text == NULL || *text == '\0') {
        return;
    }

    r->text = selftest_text_format("%s", text);

    for (p = r->text; *p; p++) {

        if (*p < ' ' || *p > '~') {
            *p = '?';
        }
    }
}


void
selftest_result_free(selftest_results_t *results)
{
    int  i;

    for (i = 0; i < SELFTEST_PROMISES_MAX; i++) {
        free(results->rows[i].text);
    }

    free(results->error);
    memset(results, 0, sizeof(selftest_results_t));
}


void
selftest_result_count(const selftest_results_t *results,
    selftest_count_t *count)
{
    int  i;

    for (i = 0; selftest_promises[i].name; i++) {

        switch (results->rows[i].result) {

        case SELFTEST_PASSED:
            count->passed++;
            break;

        case SELFTEST_FAILED:
            count->failed++;
            break;

        case SELFTEST_NOT_ENFORCED:
            count->not_enforced++;
            break;

        case SELFTEST_SKIPPED:
            count->skipped++;
            break;

        case SELFTEST_UNTRIED:
            break;
        }
    }

    if (results->error) {
        count->errors++;
    }
}
