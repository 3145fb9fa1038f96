
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_MAIN_SIGNALS_H_INCLUDED_
#define _AGENT_MAIN_SIGNALS_H_INCLUDED_


/* a command inherits no disposition from the agent */
void agent_signals_default(void);

/*
 * Takes SIGCHLD and the signals that end the agent by a descriptor, and leaves
 * all others to be dropped.  0, or -1 with errno.
 */
int agent_signals_block(void);

/* serves the descriptor from the loop; a libuv error */
int agent_signals_start(void);


#endif /* _AGENT_MAIN_SIGNALS_H_INCLUDED_ */
