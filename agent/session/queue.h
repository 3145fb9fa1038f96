
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
 * what cmd borrows are copied.  started is called once, possibly before this
 * returns.
 */
void agent_queue_run(const char *name, agent_command_t *cmd,
    const char *line, agent_session_started_pt started);

/*
 * Runs line in a subshell of the session: it has the session's directory,
 * variables, functions and options, and does not change them.  The command is
 * a child of the agent, and the session is free for the next command as soon
 * as it has started; started is called from the loop.  The command is killed
 * when the session is deleted.
 */
void agent_queue_spawn(const char *name, agent_command_t *cmd,
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


#endif /* _AGENT_SESSION_QUEUE_H_INCLUDED_ */
