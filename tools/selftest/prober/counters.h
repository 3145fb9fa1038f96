
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_COUNTERS_H_INCLUDED_
#define _SELFTEST_PROBER_COUNTERS_H_INCLUDED_


#include "prober/facts.h"


/* rows about what the kernel counts for more than one sandbox */
void selftest_counters_queues(const selftest_facts_t *facts);
void selftest_counters_signals(const selftest_facts_t *facts);
void selftest_counters_files(const selftest_facts_t *facts);
void selftest_counters_shared(const selftest_facts_t *facts);


#endif /* _SELFTEST_PROBER_COUNTERS_H_INCLUDED_ */
