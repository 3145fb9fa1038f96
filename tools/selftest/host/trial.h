
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_TRIAL_H_INCLUDED_
#define _SELFTEST_HOST_TRIAL_H_INCLUDED_


#include "host/api.h"
#include "host/conf.h"
#include "host/keys.h"
#include "host/machine.h"
#include "host/report.h"
#include "host/result.h"


/* what the trial of one class needs and has found */


/* in the sandbox, below "/" */
#define SELFTEST_TRIAL_PROBER  "workspace/.sandbox-selftest"
#define SELFTEST_TRIAL_ARGS    128


/* of all classes */

typedef struct {
    selftest_api_t          *api;
    const selftest_keys_t   *keys;
    selftest_report_t       *report;
    uint64_t                 worker_nofile;
} selftest_run_t;


typedef struct {
    selftest_run_t           *run;
    const selftest_class_t   *class;
    selftest_results_t       *results;
    selftest_machine_t        machine;

    char                      a[32];       /* examined */
    char                      b[32];       /* its neighbour */
    int                       counters;    /* the host's limits are high */

    /* of the program inside */
    char                     *args[SELFTEST_TRIAL_ARGS + 1];
    unsigned                  nargs;
    char                      row[32];     /* that is being tried */
    char                     *boot;        /* the id of the kernel's start */
    int                       held;

    char                     *token;       /* of a port; or NULL */
    char                     *port_key;
} selftest_trial_t;


void selftest_trial_step(selftest_trial_t *t, const char *step);
void selftest_trial_row(selftest_trial_t *t, const char *row,
    selftest_result_e result, const char *text);
/* adds an argument for the program inside */
void selftest_trial_arg(selftest_trial_t *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* sets the error: of a call of the API, of the program inside; return -1 */
int selftest_trial_error(selftest_trial_t *t, const char *what);
int selftest_trial_ended(selftest_trial_t *t, int code);


#endif /* _SELFTEST_HOST_TRIAL_H_INCLUDED_ */
