
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_KERNEL_H_INCLUDED_
#define _SELFTEST_PROBER_KERNEL_H_INCLUDED_


#include "prober/facts.h"


/* rows about devices and settings of the host's kernel */
void selftest_kernel_devices(const selftest_facts_t *facts);
void selftest_kernel_settings(const selftest_facts_t *facts);


#endif /* _SELFTEST_PROBER_KERNEL_H_INCLUDED_ */
