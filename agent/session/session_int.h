
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_SESSION_INT_H_INCLUDED_
#define _AGENT_SESSION_SESSION_INT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <jansson.h>
#include <uv.h>

#include "base/fault.h"
#include "run/command.h"
#include "session/session.h"
#include "session/shell.h"
#include "sys/child.h"
#include "sys/kill_tree.h"


/*
 * What session.c, which keeps the sessions, and queue.c, which gives them
 * something to do, know of each other; detached.c helps queue.c.
 */


typedef struct agent_session_s  agent_session_t;
typedef struct agent_call_s      agent_call_t;


struct agent_call_s {
    agent_session_t           *session;
    agent_command_t           *cmd;
    agent_session_started_pt   started;
    char                      *text;       /* the script, and the line */
    char                      *line;
    char                      *input;
    size_t                     input_len;
    size_t                     size;       /* bytes counted for it */
    char                       marker[AGENT_CHILD_MARKER_SIZE];
    agent_call_t              *next;

    agent_fault_t              fault;      /* reason of a failure */

    unsigned                   spawn:1;
    pid_t                      pid;        /* reported by the subshell */
    unsigned                   adopted:1;  /* its pid is known */
    unsigned                   reported:1; /* done, according to the shell */
    unsigned                   cancelled:1;
};


struct agent_session_s {
    char                            name[129];
    agent_shell_t                  *shell;  /* NULL: it has exited */
    int                             code;  /* its exit code or signal */
    json_t                         *vars;  /* known sandbox variables */
    uint64_t                        timeout_ms;
    unsigned                        timed:1;  /* timeout_ms is set */
    agent_kill_tree_moment_t        since;  /* start of the current command */
    uv_timer_t                      timer;  /* next call; a subshell */

    agent_call_t                   *call;   /* current command */
    agent_call_t                   *queue;
    agent_call_t                  **last;
    size_t                          queued;

    agent_command_t                *ending;  /* its tree is being killed */
    agent_kill_tree_t              *tree;    /* tree of the session itself */
    void                          (*done)(void *data);
    void                           *data;

    agent_session_t                *next;

    unsigned                        deleted:1;
    unsigned                        freed:1;
};


agent_session_t *agent_session_find(const char *name);

/* NULL with a fault */
agent_session_t *agent_session_make(const agent_session_options_t *options,
    agent_fault_t *fault);

/* removes it from the names */
void agent_session_unlink(agent_session_t *s);

/* its shell has exited, and it is no longer found by name */
void agent_session_free(agent_session_t *s);

#endif /* _AGENT_SESSION_SESSION_INT_H_INCLUDED_ */
