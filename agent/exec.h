
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_H_INCLUDED_
#define _AGENT_EXEC_H_INCLUDED_


#include <jansson.h>
#include <uv.h>

#include "child.h"
#include "tree.h"


#define AGENT_EXEC_READ     32768      /* at a time */

/* what the kernel takes as arguments, and room for how JSON words it */
#define AGENT_EXEC_JSON_MAX (4 * 1024 * 1024)
#define AGENT_EXEC_ENV_MAX  1024       /* variables of a call */
#define AGENT_EXEC_BEAT     15000      /* ms of silence */


/* one stateless command: a process, its two pipes, its deadline */

typedef struct agent_command_s  agent_command_t;
typedef struct agent_output_s   agent_output_t;


typedef struct {
    int              code;             /* 128+n for a signal, 124: timed out */
    int              signal;           /* 0: none */
    unsigned         timed_out:1;
} agent_exit_t;


struct agent_command_s {
    /* set by the caller before agent_command_start() */

    const char     *const *programs;
    char           **argv;
    int              rename;           /* as of agent_spawn_t */
    const char     **env;              /* as of agent_env_build() */
    const char      *cwd;              /* NULL: the workspace */
    uint64_t         timeout_ms;       /* 0: none */
    void            *data;

    /* stream: 1 or 2; bytes as they came */
    void           (*on_output)(agent_command_t *cmd, int stream,
                                const char *buf, size_t len);
    /* nothing was written for AGENT_EXEC_BEAT; may be NULL */
    void           (*on_silence)(agent_command_t *cmd);
    /* the last call; cmd is freed afterwards */
    void           (*on_exit)(agent_command_t *cmd, const agent_exit_t *e);

    /* results of a start */

    agent_spawn_stage_e  stage;
    size_t           program;

    /* the rest is exec.c's */

    agent_child_t    child;
    agent_output_t  *out[2];
    agent_tree_t    *tree;
    uv_timer_t       timer;
    uv_timer_t       beat;
    int              status;
    unsigned         refs;

    unsigned         exited:1;
    unsigned         timed_out:1;
    unsigned         paused:1;
    unsigned         settling:1;       /* only what is in the pipes now */
    unsigned         over:1;           /* no more callbacks */
    unsigned         spoke:1;          /* since the last beat */
};


/* for ..._t programs: a bash, else another shell */
extern const char  *const agent_exec_shells[];


agent_command_t *agent_command_create(void);

/* 0, or an errno with cmd->stage; then cmd is freed with ..._destroy() */
int agent_command_start(agent_command_t *cmd);

/* for a command that was not started */
void agent_command_destroy(agent_command_t *cmd);

/* stops and resumes reading its output */
void agent_command_pause(agent_command_t *cmd);
void agent_command_resume(agent_command_t *cmd);

/* nobody waits any longer: ends its tree; no callback follows */
void agent_command_abort(agent_command_t *cmd);

/* past its bounds: ends its tree, and reports as ever */
void agent_command_end(agent_command_t *cmd);


/*
 * The members that all kinds of exec have, checked.  0, or -1 with a message
 * in error.  env is malloc()ed pairs that borrow from json, or NULL.
 */
int agent_exec_env(json_t *json, const char ***env, char *error,
    size_t size);
int agent_exec_timeout(json_t *json, const char *name, uint64_t *ms,
    char *error, size_t size);

/* "SIGKILL", or "SIG<number>"; buf takes 16 bytes */
const char *agent_signal_name(int sig, char *buf);

/* what a shell exits with for it: 126 or 127; 0: no fault of the command */
int agent_exec_code(agent_command_t *cmd, int err);

/* why a start failed, in words */
void agent_exec_reason(agent_command_t *cmd, int err, const char *program,
    char *buf, size_t size);


#endif /* _AGENT_EXEC_H_INCLUDED_ */
