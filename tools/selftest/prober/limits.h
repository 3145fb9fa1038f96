
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_LIMITS_H_INCLUDED_
#define _SELFTEST_PROBER_LIMITS_H_INCLUDED_


#include "prober/facts.h"


/* rows about the limits of the class */
void selftest_limits_disk(const selftest_facts_t *facts);
void selftest_limits_cpus(const selftest_facts_t *facts);
void selftest_limits_pids(const selftest_facts_t *facts);
void selftest_limits_memory(const selftest_facts_t *facts);


#endif /* _SELFTEST_PROBER_LIMITS_H_INCLUDED_ */
