
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_STDIN_H_INCLUDED_
#define _AGENT_RUN_STDIN_H_INCLUDED_


#include <stddef.h>

#include "run/command.h"


#define AGENT_STDIN_HIGH    (256 * 1024)
#define AGENT_STDIN_LOW     (64 * 1024)


/* creates the pipe; returns the child's end, or -1 with errno */
int agent_stdin_open(agent_command_t *cmd);

/* takes ownership of the write end of a pipe created elsewhere; 0, or -1 */
int agent_stdin_adopt(agent_command_t *cmd, int fd);

/*
 * Queues a copy for its standard input.  0, or an errno: EPIPE if either side
 * has closed it.
 */
int agent_stdin_write(agent_command_t *cmd, const char *buf,
    size_t len);
size_t agent_stdin_queued(agent_command_t *cmd);

/* 1: the queue is full, and the caller must wait for on_stdin */
int agent_stdin_full(agent_command_t *cmd);

/* closes it after the queued bytes; or at once, dropping them */
void agent_stdin_end(agent_command_t *cmd);
void agent_stdin_close(agent_command_t *cmd);


#endif /* _AGENT_RUN_STDIN_H_INCLUDED_ */
