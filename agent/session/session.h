
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_SESSION_H_INCLUDED_
#define _AGENT_SESSION_SESSION_H_INCLUDED_


#include <stdint.h>
#include <string.h>
#include <jansson.h>

#include "base/fault.h"
#include "base/name.h"
#include "run/command.h"


/*
 * A session is a shell that keeps its state between commands and runs them in
 * order.  It is identified by its id, which the callers have validated.
 */


#define AGENT_SESSION_MAX      256     /* maximum number of sessions */
#define AGENT_SESSION_QUEUE    64      /* waiting requests per session */
#define AGENT_SESSION_WAITING  (32 * 1024 * 1024)   /* total bytes of these */

/*
 * limit of a command line; it is read from a pipe, not passed as an argument
 */
#define AGENT_SESSION_LINE     (2 * 1024 * 1024)

/* rule for names, checked by agent_session_name_valid() */
#define AGENT_SESSION_NAME  128

#define AGENT_SESSION_NAME_RULE                                               \
    "must be 1 to 128 of A-Z a-z 0-9 . _ - without \"..\""

#define agent_session_name_valid(s)                                           \
    (agent_name_valid(s, AGENT_SESSION_NAME) && strstr(s, "..") == NULL)

#define AGENT_SESSION_DEFAULT  "default"
#define AGENT_SESSION_NONE     "__DISABLE_SESSION__"


/*
 * fault NULL: cmd runs, and its sink is written to; cmd->shell names the
 * shell.  Otherwise cmd is the
 * caller's again, to be freed with agent_command_destroy(), and so is the
 * fault's context.
 */
typedef void (*agent_session_started_pt)(agent_command_t *cmd,
    agent_fault_t *fault);


typedef struct {
    const char   *name;
    const char   *cwd;            /* NULL: the workspace */
    const char  **env;            /* pairs as for agent_env_build(), or NULL */
    uint64_t      timeout_ms;     /* timeout of its commands; 0: none */
    unsigned      timed:1;        /* otherwise agent_env_timeout() applies */
} agent_session_options_t;


/* 0, or -1 with a fault */
int agent_session_create(const agent_session_options_t *options,
    agent_fault_t *fault);

/*
 * Deletes the session and kills all its processes.  done is called once, from
 * the loop, when that is complete.  0, or -1 if there is no such session.
 */
int agent_session_delete(const char *name, void (*done)(void *data),
    void *data);

/* done will not be called */
void agent_session_forget(void *data);

/* the process of its shell; 0: there is no such session, or it has exited */
pid_t agent_session_pid(const char *name);

/* a JSON array of names */
json_t *agent_session_list(void);


#endif /* _AGENT_SESSION_SESSION_H_INCLUDED_ */
