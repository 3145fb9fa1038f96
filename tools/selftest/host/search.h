
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_SEARCH_H_INCLUDED_
#define _SELFTEST_HOST_SEARCH_H_INCLUDED_


#include "host/trial.h"


/* the row about secrets: what must not be in the sandbox is known here alone */

/* exposes a port, for its token and its key */
void selftest_search_expose(selftest_trial_t *t);
/* 0, or -1 with an error */
int selftest_search(selftest_trial_t *t);


#endif /* _SELFTEST_HOST_SEARCH_H_INCLUDED_ */
