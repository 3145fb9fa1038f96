
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_MAIN_IDLE_H_INCLUDED_
#define _AGENT_MAIN_IDLE_H_INCLUDED_


#include <stdint.h>


void agent_idle_start(uint64_t sleep_after_ms, int keep_alive);

/*
 * sleep_after_ms 0: never; -1 leaves either value unchanged.  Takes effect at
 * once, and the idle time counts from now.
 */
void agent_idle_change(int64_t sleep_after_ms, int keep_alive);

/* records activity at this moment */
void agent_idle_touch(void);

/*
 * Milliseconds until the agent exits if nothing happens; -1: it does not exit
 * in the current state.  An idle keep-alive connection prevents the exit, and
 * is assumed to close now.
 */
int64_t agent_idle_ms_until(void);


#endif /* _AGENT_MAIN_IDLE_H_INCLUDED_ */
