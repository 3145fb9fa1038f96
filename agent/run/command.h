
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_COMMAND_H_INCLUDED_
#define _AGENT_RUN_COMMAND_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <jansson.h>
#include <uv.h>

#include "sys/child.h"
#include "sys/kill_tree.h"
#include "sys/spawn.h"


/*
 * The engine of everything that runs.  A command consists of what to run, the
 * operations of its kind (agent_command_ops_t), and a sink for its output
 * (agent_sink_t).  The engine reads its two pipes, enforces its deadline,
 * kills its tree, and calls the sink's exit() once, when the command has
 * exited and all its output has been passed to the sink.
 *
 * The kinds are a child, spawned by agent_run_child_start() or adopted by
 * agent_run_child_adopt() (run/child.h), and a command that the shell of a
 * session runs itself (session/queue.h).
 *
 * To add a kind, for instance a terminal: set cmd->ops to its operations; pass
 * the read ends of its output to agent_command_open(), and start it; call
 * agent_command_begin() when it is running; call agent_command_ended() once,
 * when it has exited.
 *
 * A sink only needs the three functions of its table; cmd->data is its own.
 */


/* limit of a request body: the kernel's limit for arguments, as JSON */
#define AGENT_COMMAND_JSON_MAX  (4 * 1024 * 1024)

/* the kernel's limit for one argument, including its NUL */
#define AGENT_COMMAND_LINE      131072

/* length of a working directory, including its NUL */
#define AGENT_COMMAND_CWD       4097


typedef struct agent_command_s  agent_command_t;
typedef struct agent_output_s   agent_output_t;
typedef struct agent_stdin_s    agent_stdin_t;


typedef enum {
    AGENT_EXIT_EXITED = 0,
    AGENT_EXIT_SIGNALED,
    AGENT_EXIT_TIMED_OUT,
    AGENT_EXIT_OOM_KILLED,            /* killed by the kernel, out of memory */
    AGENT_EXIT_LOST                   /* it could not be killed */
} agent_exit_outcome_e;


typedef struct {
    int                   code;        /* 128+n for a signal, 124: timed out */
    int                   signal;      /* 0: none */
    agent_exit_outcome_e  outcome;
    uint64_t              duration;    /* ms */
    int64_t               cpu_ms;      /* user and system; -1: not known */
    int64_t               peak;        /* bytes of memory; -1: not known */
    unsigned              timed_out:1;
    unsigned              terminated:1;  /* its session's shell has exited */
    unsigned              destroyed:1;  /* its session was deleted */
} agent_exit_t;


/* destination of the output */

typedef struct {
    /*
     * bytes of stream 1 or 2 as received, but no character of UTF-8 is split
     * between two writes (run/output.h)
     */
    void        (*write)(agent_command_t *cmd, int stream, const char *buf,
                         size_t len);
    /*
     * Back-pressure, called after each write.  1: reading stops until the sink
     * calls agent_command_resume().  NULL: never full.
     */
    int         (*full)(agent_command_t *cmd);
    /* the last callback; cmd is freed afterwards */
    void        (*exit)(agent_command_t *cmd, const agent_exit_t *e);
} agent_sink_t;


/* operations specific to a kind of command */

typedef struct {
    /*
     * Kills the tree of the command like agent_kill_tree(), with the same done
     * and data.  NULL: nothing to kill, or out of memory.
     */
    agent_kill_tree_t  *(*kill)(agent_command_t *cmd, int sig,
                                unsigned grace_ms,
                                void (*done)(void *data, int left));
    /* the tree returned by kill is done; may be NULL */
    void                (*killed)(agent_command_t *cmd);
    /* sends a signal once; NULL: not supported */
    void                (*signal)(agent_command_t *cmd, int sig);
    /* after an abort, keep reading its pipes: the writer lives on */
    unsigned              lives_on:1;
} agent_command_ops_t;


typedef enum {
    AGENT_COMMAND_NEW = 0,
    AGENT_COMMAND_RUNNING,
    AGENT_COMMAND_DRAINING,            /* drain only pending data */
    AGENT_COMMAND_OVER                 /* no more callbacks */
} agent_command_state_e;


struct agent_command_s {
    /* what to run; set by the caller before the start, and borrowed */

    const char           *const *programs;
    char                **argv;
    int                   rename;      /* as in agent_spawn_t */
    const char          **env;         /* built by agent_env_build() */
    const char           *cwd;         /* NULL: the workspace */
    uint64_t              timeout_ms;  /* 0: none */
    const int            *more;        /* a child's descriptors from 3 up */
    size_t                nmore;
    const char           *input;       /* a session's stdin, or NULL */
    size_t                input_len;

    const agent_sink_t   *sink;
    void                 *data;
    /* queued input has drained below AGENT_STDIN_LOW; may be NULL */
    void                (*on_stdin)(agent_command_t *cmd);

    unsigned              tty:1;       /* out[0] is the master of a terminal */
    unsigned              stdin_pipe:1;  /* otherwise stdin is /dev/null */
    unsigned              untimed:1;  /* no timeout, not even of its session */

    /* set by a start */

    int                   error;       /* errno and stage of a failed start */
    agent_spawn_stage_e   stage;
    size_t                program;
    const char           *shell;       /* shell of its session; NULL: bash */

    /* private to the kind */

    const agent_command_ops_t  *ops;
    void                 *host;
    void                 *call;        /* waiting to be started */
    agent_child_t         child;
    agent_exit_t          exit;        /* cpu_ms, peak and the outcome */

    /* private to command.c */

    agent_command_state_e  state;
    agent_output_t       *out[2];
    agent_stdin_t        *in;          /* NULL: closed */
    agent_kill_tree_t    *tree;        /* being killed */
    uv_timer_t            timer;
    uint64_t              began;
    int64_t               oom;         /* OOM kills while it was alive */
    unsigned              refs;

    unsigned              exited:1;
    unsigned              paused:1;
};


agent_command_t *agent_command_create(void);

/* destroys a command that has not been started */
void agent_command_destroy(agent_command_t *cmd);


/* for the kinds */

/*
 * Reads its output from the non-blocking fds, of which ownership is taken even
 * on failure.  The second may be -1: there is one stream.  0, or an errno.
 */
int agent_command_open(agent_command_t *cmd, const int *fds);

/* it is running */
void agent_command_begin(agent_command_t *cmd);

/* it has exited with a code, or by a signal if not 0 */
void agent_command_ended(agent_command_t *cmd, int code, int sig);

/* it has exited, and its output can be read: for run/output.c */
void agent_command_drain(agent_command_t *cmd);


/* for the users of commands */

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

/* it lives: out of memory are only kills after this call */
void agent_command_oom_reset(agent_command_t *cmd);

/* adds the members that describe an exit */
void agent_command_exit_json(json_t *json, const agent_exit_t *e);


#endif /* _AGENT_RUN_COMMAND_H_INCLUDED_ */
