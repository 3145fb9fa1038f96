
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_AGENT_H_INCLUDED_
#define _SELFTEST_PROBER_AGENT_H_INCLUDED_


#include "prober/facts.h"


/* rows about the agent's process */
void selftest_agent_process(const selftest_facts_t *facts);
void selftest_agent_signals(const selftest_facts_t *facts);


#endif /* _SELFTEST_PROBER_AGENT_H_INCLUDED_ */
