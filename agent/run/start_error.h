
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_START_ERROR_H_INCLUDED_
#define _AGENT_RUN_START_ERROR_H_INCLUDED_


#include <stddef.h>

#include "run/command.h"


/* the exit code of a shell for it: 126 or 127; 0: not the command's fault */
int agent_start_error_code(agent_command_t *cmd, int err);

/* a message for a failed start */
void agent_start_error_text(agent_command_t *cmd, int err, const char *program,
    char *buf, size_t size);


#endif /* _AGENT_RUN_START_ERROR_H_INCLUDED_ */
