
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_MAIN_STOP_H_INCLUDED_
#define _AGENT_MAIN_STOP_H_INCLUDED_


/* begins the shutdown; the exit status is 0 after an orderly stop */
void agent_stop(unsigned grace_ms);

/* sends SIGTERM to all processes, and SIGKILL after ms */
void agent_stop_commands(unsigned ms);

void agent_stop_init(void);


#endif /* _AGENT_MAIN_STOP_H_INCLUDED_ */
