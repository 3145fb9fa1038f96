
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_ARGUMENTS_H_INCLUDED_
#define _SELFTEST_HOST_ARGUMENTS_H_INCLUDED_


#include "host/trial.h"


/* the facts that the program inside gets as arguments */

/* whether the kernel limits of the host are high enough to be tried */
void selftest_arguments_sysctl(selftest_trial_t *t);
/* the limits that nginx shows; 0, or -1 with an error */
int selftest_arguments_limits(selftest_trial_t *t);
/* the class, and the host */
void selftest_arguments_facts(selftest_trial_t *t);


#endif /* _SELFTEST_HOST_ARGUMENTS_H_INCLUDED_ */
