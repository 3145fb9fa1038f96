
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


#define AGENT_COMMAND_READ        32768  /* bytes read at a time */
#define AGENT_COMMAND_SILENCE     15000  /* ms without output */

/* limit of a request body: the kernel's limit for arguments, as JSON */
#define AGENT_COMMAND_JSON_MAX    (4 * 1024 * 1024)

/* the kernel's limit for one argument, including its NUL */
#define AGENT_COMMAND_LINE        131072

/* length of a working directory, including its NUL */
#define AGENT_COMMAND_CWD         4097


/* a command: a process, its two pipes and its deadline */

typedef struct agent_command_s  agent_command_t;
typedef struct agent_output_s   agent_output_t;
typedef struct agent_stdin_s    agent_stdin_t;


struct agent_command_s {
    /* set by the caller before agent_command_start() */

    const char          *const *programs;
    char                **argv;
    int                   rename;        /* as in agent_spawn_t */
    const char          **env;           /* built by agent_env_build() */
    const char           *cwd;           /* NULL: the workspace */
    uint64_t              timeout_ms;    /* 0: none */
    const char           *input;         /* a session's stdin, or NULL */
    size_t                input_len;
    unsigned              stdin_pipe:1;  /* otherwise stdin is /dev/null */
    void                 *data;

    /* stream: 1 or 2; bytes as received */
    void                (*on_output)(agent_command_t *cmd, int stream,
                                     const char *buf, size_t len);
    /* no output for AGENT_COMMAND_SILENCE ms; may be NULL */
    void                (*on_silence)(agent_command_t *cmd);
    /* queued input has drained below AGENT_STDIN_LOW; may be NULL */
    void                (*on_stdin)(agent_command_t *cmd);
    /* the last callback; cmd is freed afterwards */
    void                (*on_exit)(agent_command_t *cmd, const agent_exit_t *e);

    /* set by a start */

    agent_spawn_stage_e  stage;
    size_t                program;
    const char           *shell;       /* shell of its session; NULL: bash */

    /*
     * For a command that the shell of a session runs itself: called instead of
     * killing the tree of a child, and once the tree has ended.  NULL for a
     * child.
     */
    agent_kill_tree_t  *(*end_tree)(agent_command_t *cmd, int sig,
                                    unsigned grace_ms,
                                    void (*done)(void *data, int left));
    void                (*tree_ended)(agent_command_t *cmd);
    void                 *host;
    void                 *call;        /* waiting to be started */

    /* private to command.c */

    agent_child_t         child;
    agent_output_t       *out[2];
    agent_stdin_t        *in;          /* NULL: closed */
    agent_kill_tree_t    *tree;
    uv_timer_t            timer;
    uv_timer_t            beat;
    int                   status;
    uint64_t              began;
    int64_t               oom;         /* OOM kills before its start */
    unsigned              refs;

    unsigned              untimed:1;  /* no timeout, not even of its session */
    unsigned              exited:1;
    unsigned              terminated:1;
    unsigned              destroyed:1;
    unsigned              timed_out:1;
    unsigned              paused:1;
    unsigned              settling:1;  /* drain only what is in the pipes */
    unsigned              over:1;     /* no more callbacks */
    unsigned              spoke:1;    /* output since the last beat */
};


agent_command_t *agent_command_create(void);

/* 0, or an errno with cmd->stage; then cmd is freed with ..._destroy() */
int agent_command_start(agent_command_t *cmd);

/*
 * The start of a command that the shell of a session runs.  fds are the
 * non-blocking read ends of its pipes or FIFOs, and ownership is taken even on
 * failure.  0, or an errno.  After _begun the command runs, and it ends with
 * the status of waitpid().
 */
int agent_command_open(agent_command_t *cmd, const int *fds);
void agent_command_begin(agent_command_t *cmd);
void agent_command_ended(agent_command_t *cmd, int status);

/* makes an adopted process that of the command; 0, or -1 on failure */
int agent_command_adopt(agent_command_t *cmd, pid_t pid);

/* destroys a command that has not been started */
void agent_command_destroy(agent_command_t *cmd);

/* pause and resume reading its output */
void agent_command_pause(agent_command_t *cmd);
void agent_command_resume(agent_command_t *cmd);

/* the client has gone: kills its tree; no callback follows */
void agent_command_abort(agent_command_t *cmd);

/* a limit was exceeded: kills its tree, and reports the exit as usual */
void agent_command_end(agent_command_t *cmd);

/*
 * the same with a first signal and a grace period, which a repetition may
 * shorten
 */
void agent_command_stop(agent_command_t *cmd, int sig, unsigned grace_ms);

/* sends a signal to its tree; does not wait */
void agent_command_signal(agent_command_t *cmd, int sig);

/* reads pending output now, rather than in the next iteration of the loop */
void agent_command_read(agent_command_t *cmd);


#endif /* _AGENT_RUN_COMMAND_H_INCLUDED_ */
