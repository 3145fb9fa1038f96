
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_MAIN_STOP_H_INCLUDED_
#define _AGENT_MAIN_STOP_H_INCLUDED_


/* from here the agent only ends; status 0 after an orderly stop */
void agent_stop(unsigned grace_ms);

/* TERM to all that runs, KILL after ms */
void agent_stop_commands(unsigned ms);

void agent_stop_init(void);


#endif /* _AGENT_MAIN_STOP_H_INCLUDED_ */
