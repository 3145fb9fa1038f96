
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_H_INCLUDED_
#define _AGENT_EXEC_H_INCLUDED_


#include <jansson.h>
#include <uv.h>

#include "sys/kill_tree.h"
#include "sys/spawn.h"


#define AGENT_EXEC_READ     32768      /* at a time */

/* what the kernel takes as arguments, and room for how JSON words it */
#define AGENT_EXEC_JSON_MAX (4 * 1024 * 1024)
#define AGENT_EXEC_ENV_MAX  1024       /* variables of a call */
#define AGENT_EXEC_BEAT     15000      /* ms of silence */
#define AGENT_EXEC_CWD      4097


/* one stateless command: a process, its two pipes, its deadline */

typedef struct agent_command_s  agent_command_t;
typedef struct agent_output_s   agent_output_t;
typedef struct agent_input_s    agent_input_t;


typedef enum {
    AGENT_EXITED = 0,
    AGENT_SIGNALED,
    AGENT_TIMED_OUT,
    AGENT_OOM_KILLED,                  /* by the kernel, for want of memory */
    AGENT_LOST                         /* it could not be ended */
} agent_outcome_e;


typedef struct {
    int              code;             /* 128+n for a signal, 124: timed out */
    int              signal;           /* 0: none */
    agent_outcome_e  outcome;
    uint64_t         duration;         /* ms */
    int64_t          cpu_ms;           /* user and system; -1: not known */
    int64_t          peak;             /* bytes of memory; -1: not known */
    unsigned         timed_out:1;
    unsigned         terminated:1;     /* its session's shell has ended */
    unsigned         destroyed:1;      /* its session was deleted */
} agent_exit_t;


struct agent_command_s {
    /* set by the caller before agent_command_start() */

    const char     *const *programs;
    char           **argv;
    int              rename;           /* as of agent_spawn_t */
    const char     **env;              /* as of agent_env_build() */
    const char      *cwd;              /* NULL: the workspace */
    uint64_t         timeout_ms;       /* 0: none */
    const char      *input;            /* a session's stdin, or NULL */
    size_t           input_len;
    unsigned         stdin_pipe:1;     /* otherwise it reads /dev/null */
    void            *data;

    /* stream: 1 or 2; bytes as they came */
    void           (*on_output)(agent_command_t *cmd, int stream,
                                const char *buf, size_t len);
    /* nothing was written for AGENT_EXEC_BEAT; may be NULL */
    void           (*on_silence)(agent_command_t *cmd);
    /* what was written to it has come below AGENT_STDIN_LOW; may be NULL */
    void           (*on_stdin)(agent_command_t *cmd);
    /* the last call; cmd is freed afterwards */
    void           (*on_exit)(agent_command_t *cmd, const agent_exit_t *e);

    /* results of a start */

    agent_spawn_stage_e  stage;
    size_t           program;
    const char      *shell;            /* of its session; NULL: bash */

    /*
     * Of a command that a session's shell runs itself: in place of ending
     * the tree of a child, and once that has ended.  NULL for a child.
     */
    agent_tree_t  *(*end_tree)(agent_command_t *cmd, int sig,
                               unsigned grace_ms,
                               void (*done)(void *data, int left));
    void           (*tree_ended)(agent_command_t *cmd);
    void            *host;
    void            *job;              /* it waits to be started */

    /* the rest is exec.c's */

    agent_child_t    child;
    agent_output_t  *out[2];
    agent_input_t   *in;               /* NULL: closed */
    agent_tree_t    *tree;
    uv_timer_t       timer;
    uv_timer_t       beat;
    int              status;
    uint64_t         began;
    int64_t          oom;              /* kills before it began */
    unsigned         refs;

    unsigned         untimed:1;        /* not even by its session */
    unsigned         exited:1;
    unsigned         terminated:1;
    unsigned         destroyed:1;
    unsigned         timed_out:1;
    unsigned         paused:1;
    unsigned         settling:1;       /* only what is in the pipes now */
    unsigned         over:1;           /* no more callbacks */
    unsigned         spoke:1;          /* since the last beat */
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

/* exec_shell.c: the same for a line of shell; cmd->shell names a lesser one */
int agent_command_start_shell(agent_command_t *cmd, const char *line);

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
void agent_command_drain(agent_command_t *cmd);


/* exec_stdin.c */

#define AGENT_STDIN_HIGH    (256 * 1024)
#define AGENT_STDIN_LOW     (64 * 1024)

/* makes the pipe; the other end for the child, or -1 with errno */
int agent_command_stdin_open(agent_command_t *cmd);

/* the end to write to of a pipe made elsewhere, owned from now on; 0, or -1 */
int agent_command_stdin_adopt(agent_command_t *cmd, int fd);

/*
 * Queues a copy for its standard input.  0, or an errno: EPIPE, closed by
 * either side.  Whoever sees more than AGENT_STDIN_HIGH queued waits for
 * on_stdin.
 */
int agent_command_stdin_write(agent_command_t *cmd, const char *buf,
    size_t len);
size_t agent_command_stdin_queued(agent_command_t *cmd);

/* the end of it, behind what is queued; or at once, and that is dropped */
void agent_command_stdin_end(agent_command_t *cmd);
void agent_command_stdin_close(agent_command_t *cmd);


/*
 * The members that all kinds of exec have, checked.  0, or -1 with a message
 * in error.  env is malloc()ed pairs that borrow from json, or NULL.
 */
int agent_exec_env(json_t *json, const char ***env, char *error,
    size_t size);
/* of AGENT_EXEC_CWD bytes, an absolute path, or "" where there is none */
int agent_exec_cwd(json_t *json, char *cwd, char *error, size_t size);
int agent_exec_timeout(json_t *json, const char *name, uint64_t *ms,
    char *error, size_t size);

/* "SIGKILL", or "SIG<number>"; buf takes 16 bytes */
const char *agent_signal_name(int sig, char *buf);

/* of "SIGKILL", "KILL" or "9", in any case; 0: there is none of that name */
int agent_signal_number(const char *name);

/* adds what is known of an end */
void agent_exit_json(json_t *json, const agent_exit_t *e);

/* what a shell exits with for it: 126 or 127; 0: no fault of the command */
int agent_exec_code(agent_command_t *cmd, int err);

/* why a start failed, in words */
void agent_exec_reason(agent_command_t *cmd, int err, const char *program,
    char *buf, size_t size);


#endif /* _AGENT_EXEC_H_INCLUDED_ */
