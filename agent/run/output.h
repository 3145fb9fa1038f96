
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_OUTPUT_H_INCLUDED_
#define _AGENT_RUN_OUTPUT_H_INCLUDED_


#include <stddef.h>
#include <uv.h>

#include "run/command.h"


/* one of a command's output pipes */

struct agent_output_s {
    uv_poll_t         poll;
    int               fd;
    int               stream;
    int               remain;          /* left to read, when settling */
    unsigned          polled:1;
    agent_command_t  *cmd;             /* NULL: output is discarded */
};


/*
 * takes ownership of the non-blocking fd; NULL on failure, and fd is not
 * closed
 */
agent_output_t *agent_output_create(agent_command_t *cmd, int fd,
    int stream);

/* reads once and passes the data to the command; 1: there may be more */
int agent_output_read(agent_output_t *out, size_t max);

/* out may be NULL */
void agent_output_poll(agent_output_t *out, int on);
void agent_output_close(agent_output_t *out);

/* the command has ended; other processes may still hold the write end */
void agent_output_release(agent_output_t *out);


#endif /* _AGENT_RUN_OUTPUT_H_INCLUDED_ */
