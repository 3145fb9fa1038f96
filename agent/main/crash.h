
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_MAIN_CRASH_H_INCLUDED_
#define _AGENT_MAIN_CRASH_H_INCLUDED_


/*
 * Handles the signals of a crash: SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT.
 * Before the agent exits it writes one log line with the signal, the address
 * of the fault, the program counter and the build id.
 */
void agent_crash_init(void);


#endif /* _AGENT_MAIN_CRASH_H_INCLUDED_ */
