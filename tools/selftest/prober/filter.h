
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_FILTER_H_INCLUDED_
#define _SELFTEST_PROBER_FILTER_H_INCLUDED_


#include "prober/facts.h"


/* rows about the agent's seccomp filter */
void selftest_filter_worker(const selftest_facts_t *facts);
void selftest_filter_namespaces(const selftest_facts_t *facts);
void selftest_filter_io_uring(const selftest_facts_t *facts);
void selftest_filter_families(const selftest_facts_t *facts);
void selftest_filter_abis(const selftest_facts_t *facts);


#endif /* _SELFTEST_PROBER_FILTER_H_INCLUDED_ */
