
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_QUEUE_H_INCLUDED_
#define _AGENT_SESSION_QUEUE_H_INCLUDED_


#include <stddef.h>

#include "run/command.h"
#include "session/session.h"
#include "session/session_int.h"
#include "session/shell.h"


/*
 * Runs line in the shell of the session, which is created if missing, after
 * the commands queued before.  The caller sets env, cwd, timeout_ms, input,
 * data and the callbacks of cmd; programs and argv are not used.  line and
 * what cmd borrows are copied.  started is called once, from the loop.  0, or
 * -1 if out of memory, and started is not called.
 */
int agent_queue_run(const char *name, agent_command_t *cmd,
    const char *line, agent_session_started_pt started);

/*
 * Runs line in a subshell of the session: it has the session's directory,
 * variables, functions and options, and does not change them.  The command is
 * a child of the agent, and the session is free for the next command as soon
 * as it has started.  The command is killed when the session is deleted.
 */
int agent_queue_spawn(const char *name, agent_command_t *cmd,
    const char *line, agent_session_started_pt started);

/*
 * Cancels a start: started will not be called, and cmd is freed.  A command
 * that has begun is killed.
 */
void agent_queue_cancel(agent_command_t *cmd);


/* total bytes of waiting commands */
extern size_t  agent_queue_waiting;


/* starts the next command if possible */
void agent_queue_next(agent_session_t *s);

/* the shell has executed a script */
void agent_queue_report(agent_shell_t *shell, int status);

/* the current command has ended, or continues without the shell */
void agent_queue_call_done(agent_session_t *s);

/* both notify the caller from the loop, and free the call */

/* context is stolen; NULL: the session's name */
void agent_queue_fail(agent_call_t *call, int status, const char *code,
    json_t *context, const char *name, const char *message);
/* the session that it was waiting for has ended */
void agent_queue_gone(agent_call_t *call, agent_session_t *s);

void agent_queue_free(agent_call_t *call);


#endif /* _AGENT_SESSION_QUEUE_H_INCLUDED_ */
