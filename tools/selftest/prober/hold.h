
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_HOLD_H_INCLUDED_
#define _SELFTEST_PROBER_HOLD_H_INCLUDED_


#include "prober/facts.h"


/*
 * Listens on all addresses, takes inotify instances, epoll watches and pipes,
 * more than the kernel's defaults have for all if facts->counters, and keeps
 * them for ten minutes in a process that outlives the caller.  Prints
 * "boot ID", which is the host's, "peer ADDRESS/PORT" for each address of an
 * interface, and "held".  Returns the exit status.
 */
int selftest_hold(const selftest_facts_t *facts);


#endif /* _SELFTEST_PROBER_HOLD_H_INCLUDED_ */
