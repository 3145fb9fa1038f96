
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_MAIN_SIGNALS_H_INCLUDED_
#define _AGENT_MAIN_SIGNALS_H_INCLUDED_


/* resets dispositions, which commands would inherit from the agent */
void agent_signals_default(void);

/*
 * Receives SIGCHLD and the signals that stop the agent by a signalfd; all
 * others are dropped by the kernel.  0, or -1 with errno.
 */
int agent_signals_block(void);

/* serves the descriptor from the loop; 0, or a libuv error */
int agent_signals_start(void);


#endif /* _AGENT_MAIN_SIGNALS_H_INCLUDED_ */
