
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/inside.h"
#include "host/text.h"


static void selftest_inside_held(void *data, char *line);
static void selftest_inside_line(void *data, char *line);
static void selftest_inside_end(selftest_trial_t *t, char *line);


int
selftest_inside_hold(selftest_trial_t *t)
{
    int          code;
    const char  *argv[4];

    selftest_trial_step(t, "preparing the neighbour");

    argv[0] = "/" SELFTEST_TRIAL_PROBER;
    argv[1] = "hold";
    argv[2] = t->counters ? "counters=1" : NULL;
    argv[3] = NULL;

    code = selftest_api_exec(t->run->api, t->b, argv, selftest_inside_held, t);

    if (code != 0 || !t->held) {
        return selftest_trial_ended(t, code);
    }

    if (t->boot == NULL || strcmp(t->boot, t->machine.boot_id) != 0) {
        t->results->error = selftest_text_format(
                                "the sandboxes run on another machine: run "
                                "sandbox-selftest on the host of nginx");
        return -1;
    }

    return 0;
}


static void
selftest_inside_held(void *data, char *line)
{
    selftest_trial_t  *t = data;

    if (strncmp(line, "peer ", 5) == 0) {
        selftest_trial_arg(t, "peer=%s", line + 5);

    } else if (strncmp(line, "boot ", 5) == 0) {
        free(t->boot);
        t->boot = selftest_text_format("%s", line + 5);

    } else if (strcmp(line, "held") == 0) {
        t->held = 1;
    }
}


int
selftest_inside_check(selftest_trial_t *t)
{
    int  code;

    t->args[t->nargs] = NULL;

    code = selftest_api_exec(t->run->api, t->a, (const char *const *) t->args,
                             selftest_inside_line, t);

    if (code == 0) {
        return 0;
    }

    if (code == -1 && *t->row && !selftest_api_interrupted) {

        /* what was tried has ended the sandbox */

        selftest_trial_row(t, t->row, SELFTEST_FAILED, t->run->api->error);
    }

    return selftest_trial_ended(t, code);
}


static void
selftest_inside_line(void *data, char *line)
{
    selftest_trial_t  *t = data;

    if (strncmp(line, "begin ", 6) == 0) {
        snprintf(t->row, sizeof(t->row), "%s", line + 6);
        selftest_trial_step(t, t->row);

    } else if (strncmp(line, "end ", 4) == 0) {
        selftest_inside_end(t, line + 4);
        t->row[0] = '\0';
    }
}


/* ROW RESULT TEXT */

static void
selftest_inside_end(selftest_trial_t *t, char *line)
{
    char              *row, *word, *text;
    selftest_result_e  result;

    row = line;

    word = strchr(row, ' ');
    if (word == NULL) {
        return;
    }

    *word++ = '\0';

    text = strchr(word, ' ');
    if (text == NULL) {
        return;
    }

    *text++ = '\0';

    if (strcmp(word, "pass") == 0) {
        result = SELFTEST_PASSED;

    } else if (strcmp(word, "none") == 0) {
        result = SELFTEST_SKIPPED;

    } else if (strcmp(word, "low") == 0) {
        result = SELFTEST_NOT_ENFORCED;

    } else {
        result = SELFTEST_FAILED;
    }

    selftest_trial_row(t, row, result, text);
}
