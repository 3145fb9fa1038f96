
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_NETWORK_H_INCLUDED_
#define _SELFTEST_PROBER_NETWORK_H_INCLUDED_


#include "prober/facts.h"


/* rows about what is reached over a network */
void selftest_network_none(const selftest_facts_t *facts);
void selftest_network_raw(const selftest_facts_t *facts);
void selftest_network_host(const selftest_facts_t *facts);
void selftest_network_private(const selftest_facts_t *facts);
void selftest_network_metadata(const selftest_facts_t *facts);
void selftest_network_peer(const selftest_facts_t *facts);


#endif /* _SELFTEST_PROBER_NETWORK_H_INCLUDED_ */
