
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_SIGNAL_H_INCLUDED_
#define _AGENT_RUN_SIGNAL_H_INCLUDED_


/* "SIGKILL", or "SIG<number>"; buf takes 16 bytes */
const char *agent_signal_name(int sig, char *buf);

/* of "SIGKILL", "KILL" or "9", in any case; 0: there is none of that name */
int agent_signal_number(const char *name);


#endif /* _AGENT_RUN_SIGNAL_H_INCLUDED_ */
