
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_SOCKETS_H_INCLUDED_
#define _SELFTEST_PROBER_SOCKETS_H_INCLUDED_


#include "prober/facts.h"


/* rows about unix sockets of others */
void selftest_sockets_engine(const selftest_facts_t *facts);
void selftest_sockets_agent(const selftest_facts_t *facts);


#endif /* _SELFTEST_PROBER_SOCKETS_H_INCLUDED_ */
