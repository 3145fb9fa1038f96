
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_INSIDE_H_INCLUDED_
#define _SELFTEST_HOST_INSIDE_H_INCLUDED_


#include "host/trial.h"


/* runs the program inside of the sandboxes; 0, or -1 with an error */

/* in the neighbour, which then holds what sandboxes share */
int selftest_inside_hold(selftest_trial_t *t);
/* in the other one, with the arguments: a result for each row */
int selftest_inside_check(selftest_trial_t *t);


#endif /* _SELFTEST_HOST_INSIDE_H_INCLUDED_ */
