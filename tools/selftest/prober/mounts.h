
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_MOUNTS_H_INCLUDED_
#define _SELFTEST_PROBER_MOUNTS_H_INCLUDED_


#include "prober/facts.h"


/* rows about what is mounted */
void selftest_mounts_host(const selftest_facts_t *facts);
void selftest_mounts_read_only(const selftest_facts_t *facts);

/* calls each for each mount point */
void selftest_mounts_points(void (*each)(const char *point));


#endif /* _SELFTEST_PROBER_MOUNTS_H_INCLUDED_ */
