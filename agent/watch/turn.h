
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_TURN_H_INCLUDED_
#define _AGENT_WATCH_TURN_H_INCLUDED_


#include "watch/watch.h"


/* the loop's turn at a watch: reads events, and goes on with what is to do */
void agent_watch_turn(agent_watch_t *w);

/*
 * Tells those who wait and those who read, and frees the watch if there is
 * nobody; idle: the log is complete.
 */
void agent_watch_turn_serve(agent_watch_t *w, int idle);

/* sets the timer of whatever is next */
void agent_watch_turn_arm(agent_watch_t *w);

/* drops the events that all readers have */
void agent_watch_turn_trim(agent_watch_t *w);


#endif /* _AGENT_WATCH_TURN_H_INCLUDED_ */
