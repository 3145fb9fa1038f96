
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_H_INCLUDED_
#define _AGENT_SESSION_H_INCLUDED_


#include "exec.h"


/*
 * A session is one shell that keeps its state from command to command, and
 * serves them in order.  It is named by its id (agent_session_name()), which
 * the callers have checked.
 */


/* why a command was not started, or a call was refused */
typedef struct {
    int          status;               /* of HTTP */
    const char  *code;
    const char  *message;
    json_t      *context;              /* or NULL; borrowed */
} agent_session_error_t;


/*
 * error NULL: cmd runs, and its on_output and on_exit follow as after
 * agent_command_start().  Otherwise cmd is the caller's again, to be freed
 * with agent_command_destroy().  cmd->shell names the shell.
 */
typedef void (*agent_session_started_pt)(agent_command_t *cmd,
    const agent_session_error_t *error);


/*
 * Runs line in a subshell of the session, which is made when it is missing:
 * with its directory, variables, functions and options, and without changing
 * them.  The command is a child of the agent, and the session is free for the
 * next one as soon as it has started.  Asynchronous: started runs once, from
 * the loop.  Of cmd the caller has set env, cwd, timeout_ms, data and the
 * callbacks; programs and argv are not used.  line and what cmd borrows are
 * copied.  It ends when the session is deleted.
 */
void agent_session_spawn(const char *name, agent_command_t *cmd,
    const char *line, agent_session_started_pt started);

/*
 * Who waits for started has gone: it will not run, and cmd is freed.  What
 * had begun is ended.
 */
void agent_session_cancel(agent_command_t *cmd);


#endif /* _AGENT_SESSION_H_INCLUDED_ */
