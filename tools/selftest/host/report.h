
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_REPORT_H_INCLUDED_
#define _SELFTEST_HOST_REPORT_H_INCLUDED_


#include "host/result.h"


/*
 * A table for people, class by class, or one JSON document at the end.
 * Progress goes to standard error, if that is a terminal.
 */


typedef struct {
    int     json;
    int     terminal;
    void   *writer;                    /* of the document */
} selftest_report_t;


void selftest_report_begin(selftest_report_t *report, int json,
    const char *url);
void selftest_report_progress(selftest_report_t *report, const char *class,
    const char *step);
void selftest_report_class(selftest_report_t *report, const char *class,
    const selftest_results_t *results);
void selftest_report_end(selftest_report_t *report,
    const selftest_count_t *count);

/* the rows and their promises, as lines "ROW<tab>PROMISE" */
void selftest_report_list(void);


#endif /* _SELFTEST_HOST_REPORT_H_INCLUDED_ */
