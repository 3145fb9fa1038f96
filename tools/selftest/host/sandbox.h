
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_SANDBOX_H_INCLUDED_
#define _SELFTEST_HOST_SANDBOX_H_INCLUDED_


#include "host/trial.h"


/*
 * Tries one class: two sandboxes of it, which are destroyed in the end, and in
 * an hour in any case.  results is empty; an error is set in it if the class
 * could not be tried to the end.
 */
void selftest_sandbox_try(selftest_run_t *run, const selftest_class_t *class,
    selftest_results_t *results);


#endif /* _SELFTEST_HOST_SANDBOX_H_INCLUDED_ */
