
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_COMMAND_H_INCLUDED_
#define _AGENT_RUN_COMMAND_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "run/exit.h"
#include "sys/child.h"
#include "sys/kill_tree.h"
#include "sys/spawn.h"


#define AGENT_COMMAND_READ        32768  /* at a time */
#define AGENT_COMMAND_SILENCE     15000  /* ms of silence */

/* a body that asks for one: what the kernel takes as arguments, as JSON */
#define AGENT_COMMAND_JSON_MAX    (4 * 1024 * 1024)

/* a command line as an argument: the kernel's limit, its NUL included */
#define AGENT_COMMAND_LINE        131072

/* a working directory, with its NUL */
#define AGENT_COMMAND_CWD         4097


/* one stateless command: a process, its two pipes, its deadline */

typedef struct agent_command_s  agent_command_t;
typedef struct agent_output_s   agent_output_t;
typedef struct agent_stdin_s    agent_stdin_t;


struct agent_command_s {
    /* set by the caller before agent_command_start() */

    const char          *const *programs;
    char                **argv;
    int                   rename;      /* as of agent_spawn_t */
    const char          **env;         /* as of agent_env_build() */
    const char           *cwd;         /* NULL: the workspace */
    uint64_t              timeout_ms;  /* 0: none */
    const char           *input;       /* a session's stdin, or NULL */
    size_t                input_len;
    unsigned              stdin_pipe:1;  /* otherwise it reads /dev/null */
    void                 *data;

    /* stream: 1 or 2; bytes as they came */
    void                (*on_output)(agent_command_t *cmd, int stream,
                                     const char *buf, size_t len);
    /* nothing was written for AGENT_COMMAND_SILENCE; may be NULL */
    void                (*on_silence)(agent_command_t *cmd);
    /* what was written to it has come below AGENT_STDIN_LOW; may be NULL */
    void                (*on_stdin)(agent_command_t *cmd);
    /* the last call; cmd is freed afterwards */
    void                (*on_exit)(agent_command_t *cmd, const agent_exit_t *e);

    /* results of a start */

    agent_spawn_stage_e  stage;
    size_t                program;
    const char           *shell;       /* of its session; NULL: bash */

    /*
     * Of a command that a session's shell runs itself: in place of ending
     * the tree of a child, and once that has ended.  NULL for a child.
     */
    agent_kill_tree_t  *(*end_tree)(agent_command_t *cmd, int sig,
                                    unsigned grace_ms,
                                    void (*done)(void *data, int left));
    void                (*tree_ended)(agent_command_t *cmd);
    void                 *host;
    void                 *call;        /* it waits to be started */

    /* the rest is command.c's */

    agent_child_t         child;
    agent_output_t       *out[2];
    agent_stdin_t        *in;          /* NULL: closed */
    agent_kill_tree_t    *tree;
    uv_timer_t            timer;
    uv_timer_t            beat;
    int                   status;
    uint64_t              began;
    int64_t               oom;         /* kills before it began */
    unsigned              refs;

    unsigned              untimed:1;   /* not even by its session */
    unsigned              exited:1;
    unsigned              terminated:1;
    unsigned              destroyed:1;
    unsigned              timed_out:1;
    unsigned              paused:1;
    unsigned              settling:1;  /* only what is in the pipes now */
    unsigned              over:1;      /* no more callbacks */
    unsigned              spoke:1;     /* since the last beat */
};


agent_command_t *agent_command_create(void);

/* 0, or an errno with cmd->stage; then cmd is freed with ..._destroy() */
int agent_command_start(agent_command_t *cmd);

/*
 * The steps of a start for a command that a session's shell runs: it writes
 * to the pipes or FIFOs whose read ends, non-blocking, are in fds, and taken
 * whatever comes of it.  0, or an errno; then it has begun, and ends with the
 * status of waitpid().
 */
int agent_command_open(agent_command_t *cmd, const int *fds);
void agent_command_begin(agent_command_t *cmd);
void agent_command_ended(agent_command_t *cmd, int status);

/* makes an adopted process the command's; 0, or -1 where it cannot be */
int agent_command_adopt(agent_command_t *cmd, pid_t pid);

/* for a command that has not begun */
void agent_command_destroy(agent_command_t *cmd);

/* stops and resumes reading its output */
void agent_command_pause(agent_command_t *cmd);
void agent_command_resume(agent_command_t *cmd);

/* nobody waits any longer: ends its tree; no callback follows */
void agent_command_abort(agent_command_t *cmd);

/* past its bounds: ends its tree, and reports as ever */
void agent_command_end(agent_command_t *cmd);

/* the same, with a first signal and its patience; again: in more of a hurry */
void agent_command_stop(agent_command_t *cmd, int sig, unsigned grace_ms);

/* a signal to its tree, whatever comes of it; does not wait */
void agent_command_signal(agent_command_t *cmd, int sig);

/* reads what it has written until now, instead of at the loop's next turn */
void agent_command_read(agent_command_t *cmd);


#endif /* _AGENT_RUN_COMMAND_H_INCLUDED_ */
