
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_TERMINAL_ENV_H_INCLUDED_
#define _AGENT_TERMINAL_ENV_H_INCLUDED_


#include <stddef.h>

#include "terminal/params.h"


/*
 * The variables of a terminal over those of the sandbox: defaults, those of
 * the shell of its session, and those of params.  Pairs as for
 * agent_env_build(), which borrow from params and from *text; both are to be
 * freed with free().  NULL if out of memory.
 */
const char **agent_terminal_env(agent_terminal_params_t *params, char **text);

/*
 * The directory of the shell of its session into AGENT_COMMAND_CWD bytes; 0,
 * or -1 if there is none
 */
int agent_terminal_env_cwd(agent_terminal_params_t *params, char *cwd);


#endif /* _AGENT_TERMINAL_ENV_H_INCLUDED_ */
