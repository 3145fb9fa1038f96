
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_PRIVILEGES_H_INCLUDED_
#define _SELFTEST_PROBER_PRIVILEGES_H_INCLUDED_


#include "prober/facts.h"


/* rows about what a process may do at all */
void selftest_privileges_namespaces(const selftest_facts_t *facts);
void selftest_privileges_capabilities(const selftest_facts_t *facts);
void selftest_privileges_fixed(const selftest_facts_t *facts);
void selftest_privileges_user(const selftest_facts_t *facts);
void selftest_privileges_seccomp(const selftest_facts_t *facts);


#endif /* _SELFTEST_PROBER_PRIVILEGES_H_INCLUDED_ */
