
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_START_ERROR_H_INCLUDED_
#define _AGENT_RUN_START_ERROR_H_INCLUDED_


#include <stddef.h>

#include "run/command.h"


/* what a shell exits with for it: 126 or 127; 0: no fault of the command */
int agent_start_error_code(agent_command_t *cmd, int err);

/* why a start failed, in words */
void agent_start_error_text(agent_command_t *cmd, int err, const char *program,
    char *buf, size_t size);


#endif /* _AGENT_RUN_START_ERROR_H_INCLUDED_ */
