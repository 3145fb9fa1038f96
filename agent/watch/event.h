
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_EVENT_H_INCLUDED_
#define _AGENT_WATCH_EVENT_H_INCLUDED_


#include <stdint.h>

#include "watch/params.h"
#include "watch/watch.h"


/* the events of inotify */


/* the events to ask for */
uint32_t agent_watch_event_mask(const agent_watch_params_t *params);

/* reads some and reports them: 1, there may be more; 0, there are none */
int agent_watch_event_read(agent_watch_t *w);

/* gives up directories that were moved away: no event is left to read */
void agent_watch_event_settle(agent_watch_t *w);

/* the watch is being freed */
void agent_watch_event_free(agent_watch_t *w);


#endif /* _AGENT_WATCH_EVENT_H_INCLUDED_ */
