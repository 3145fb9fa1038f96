
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_SIGNAL_H_INCLUDED_
#define _AGENT_SYS_SIGNAL_H_INCLUDED_


/* "SIGKILL", or "SIG<number>"; buf takes 16 bytes */
const char *agent_signal_name(int sig, char *buf);

/* the number of "SIGKILL", "KILL" or "9", case-insensitive; 0: unknown */
int agent_signal_number(const char *name);


#endif /* _AGENT_SYS_SIGNAL_H_INCLUDED_ */
