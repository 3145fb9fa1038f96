
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
 * Runs line in the shell of the session, which is made when it is missing,
 * after what was asked for before.  Of cmd the caller has set env, cwd,
 * timeout_ms, input, data and the callbacks; programs and argv are not used.
 * line and what cmd borrows are copied.  started runs once, perhaps before
 * the call returns.
 */
void agent_queue_run(const char *name, agent_command_t *cmd,
    const char *line, agent_session_started_pt started);

/*
 * The same in a subshell of the session: with its directory, variables,
 * functions and options, and without changing them.  The command is a child
 * of the agent, and the session is free for the next one as soon as it has
 * started; started runs from the loop.  The command ends when the session is
 * deleted.
 */
void agent_queue_spawn(const char *name, agent_command_t *cmd,
    const char *line, agent_session_started_pt started);

/*
 * Who waits for started has gone: it will not run, and cmd is freed.  What
 * had begun is ended.
 */
void agent_queue_cancel(agent_command_t *cmd);


/* all bytes of commands that wait */
extern size_t  agent_queue_waiting;


/* begins with the next call where that can be */
void agent_queue_next(agent_session_t *s);

/* the shell has run a text */
void agent_queue_report(agent_shell_t *shell, int status);

/* the call in progress is over, or goes on without the shell */
void agent_queue_call_done(agent_session_t *s);


#endif /* _AGENT_SESSION_QUEUE_H_INCLUDED_ */
