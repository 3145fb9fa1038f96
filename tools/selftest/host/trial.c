
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/text.h"
#include "host/trial.h"


void
selftest_trial_step(selftest_trial_t *t, const char *step)
{
    selftest_report_progress(t->run->report, t->class->name, step);
}


void
selftest_trial_row(selftest_trial_t *t, const char *row,
    selftest_result_e result, const char *text)
{
    selftest_result_set(t->results, row, strlen(row), result, text);
}


void
selftest_trial_arg(selftest_trial_t *t, const char *fmt, ...)
{
    int      n;
    char    *text;
    va_list  args;

    if (t->nargs == SELFTEST_TRIAL_ARGS) {
        return;
    }

    va_start(args, fmt);
    n = vasprintf(&text, fmt, args);
    va_end(args);

    if (n != -1) {
        t->args[t->nargs++] = text;
    }
}


int
selftest_trial_error(selftest_trial_t *t, const char *what)
{
    free(t->results->error);
    t->results->error = selftest_text_format("%s: %s", what,
                                             t->run->api->error
                                             ? t->run->api->error
                                             : "unexpected answer");

    return -1;
}


/* the program inside has failed */

int
selftest_trial_ended(selftest_trial_t *t, int code)
{
    if (code == -1) {
        return selftest_trial_error(t, "the program did not end");
    }

    free(t->results->error);
    t->results->error = selftest_text_format("the program ended with exit "
                                             "code %d", code);

    return -1;
}
