
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_OUTPUT_H_INCLUDED_
#define _AGENT_RUN_OUTPUT_H_INCLUDED_


#include <stddef.h>

#include "run/command.h"


/*
 * An output pipe of a command, whose data goes to the sink of the command.  A
 * character of UTF-8 is never split between two writes to the sink: its first
 * bytes, at most three, are held until the rest arrives, until the end of the
 * output, or for AGENT_OUTPUT_HOLD.  Bytes that are not UTF-8 are passed on
 * unchanged.  out may be NULL unless stated otherwise.
 */


/*
 * ms: the writer may be between two writes, and waiting for a CPU of a sandbox
 * that has used up its share
 */
#define AGENT_OUTPUT_HOLD  500

/* bytes read at a time */
#define AGENT_OUTPUT_READ  32768


/* takes ownership of fd; NULL on failure, and fd is not closed */
agent_output_t *agent_output_create(agent_command_t *cmd, int fd, int stream);

/* starts or stops reading */
void agent_output_poll(agent_output_t *out, int on);

/* the command has exited: only what is in the pipe now is left to read */
void agent_output_last(agent_output_t *out);
/* the number of bytes left of that */
size_t agent_output_left(agent_output_t *out);

/*
 * Reads once, at most max bytes, and writes to the sink.  1: there may be
 * more.  Not NULL.  The sink may end the command, and cmd->out changes at the
 * end of the output.
 */
int agent_output_read(agent_output_t *out, size_t max);

/*
 * A new descriptor that writes to the pipe, to be closed by the caller; -1 on
 * failure.  While it is open, the pipe has a writer.
 */
int agent_output_writer(agent_output_t *out);

/* the output has ended: writes held bytes to the sink */
void agent_output_flush(agent_output_t *out);

void agent_output_close(agent_output_t *out);

/*
 * The command has ended, and other processes may still hold the write end:
 * what they write is read and discarded.
 */
void agent_output_discard(agent_output_t *out);


#endif /* _AGENT_RUN_OUTPUT_H_INCLUDED_ */
