
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_RESULT_H_INCLUDED_
#define _SELFTEST_HOST_RESULT_H_INCLUDED_


#include "host/promises.h"


/* what one class has shown: a result for each row */


typedef enum {
    SELFTEST_UNTRIED,
    SELFTEST_SKIPPED,                  /* the class does not promise it */
    SELFTEST_PASSED,
    SELFTEST_NOT_ENFORCED,
    SELFTEST_FAILED
} selftest_result_e;


typedef struct {
    selftest_result_e   result;
    char               *text;          /* printable, or NULL */
} selftest_result_t;


typedef struct {
    selftest_result_t   rows[SELFTEST_PROMISES_MAX];
    char               *error;         /* it could not be tried to its end */
} selftest_results_t;


typedef struct {
    unsigned  passed;
    unsigned  failed;
    unsigned  not_enforced;
    unsigned  skipped;
    unsigned  errors;                  /* classes */
} selftest_count_t;


/*
 * text is copied; bytes that are not printable ASCII become "?".  A result
 * does not replace a worse one.  Unknown rows are ignored.
 */
void selftest_result_set(selftest_results_t *results, const char *row,
    size_t len, selftest_result_e result, const char *text);
void selftest_result_free(selftest_results_t *results);

/* adds those of a class */
void selftest_result_count(const selftest_results_t *results,
    selftest_count_t *count);


#endif /* _SELFTEST_HOST_RESULT_H_INCLUDED_ */
