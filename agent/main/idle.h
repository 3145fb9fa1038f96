
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_MAIN_IDLE_H_INCLUDED_
#define _AGENT_MAIN_IDLE_H_INCLUDED_


#include <stdint.h>


void agent_idle_start(uint64_t sleep_after_ms, int keep_alive);

/*
 * sleep_after_ms 0: never; -1, of either: as before.  Takes effect at once,
 * and counts from now.
 */
void agent_idle_change(int64_t sleep_after_ms, int keep_alive);

/* something was open until this moment */
void agent_idle_touch(void);

/*
 * Milliseconds until the agent leaves if nothing happens; -1: it does not, as
 * things are.  A connection that is kept for the next request holds it, and
 * is taken to close now.
 */
int64_t agent_idle_ms_left(void);

/* 1: the agent has decided to leave: serve what there is, take no more */
int agent_idle_draining(void);


#endif /* _AGENT_MAIN_IDLE_H_INCLUDED_ */
