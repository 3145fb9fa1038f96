
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_FAULT_H_INCLUDED_
#define _AGENT_WATCH_FAULT_H_INCLUDED_


#include <stddef.h>

#include "base/fault.h"
#include "watch/watch.h"


#define AGENT_WATCH_SETUP  30000       /* ms for the first scan */


/*
 * Why a watch has failed, by its errno: EDQUOT stands for too many watches,
 * ENOBUFS for too many directories, ETIMEDOUT for a first scan that is too
 * slow.
 */
void agent_watch_fault(agent_watch_t *w, int err, agent_fault_t *fault);

/* always -1 */
int agent_watch_fault_limit(agent_fault_t *fault, const char *what,
    size_t max);


#endif /* _AGENT_WATCH_FAULT_H_INCLUDED_ */
