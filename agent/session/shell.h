
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_SHELL_H_INCLUDED_
#define _AGENT_SESSION_SHELL_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "session/script.h"
#include "sys/child.h"


/*
 * The shell of a session.  It runs a loop (script.c) that reads a marker, a
 * script and a command line from a FIFO, evaluates them with stdout and stderr
 * redirected to two FIFOs of that command, and writes the exit status to
 * another FIFO.
 * All FIFOs are opened by name, in a directory of their own: the shell holds
 * no descriptor that a command could close, redirect or pass on, and
 * background processes keep the FIFOs of their own command.
 */


#define AGENT_SHELL_DIR  96


typedef struct agent_shell_s  agent_shell_t;


struct agent_shell_s {
    /* set by the caller */
    const char            *cwd;   /* NULL: the workspace */
    const char           **env;   /* overrides those of the sandbox; or NULL */
    void                  *data;

    /* the script has been executed, with this exit code */
    void                 (*on_report)(agent_shell_t *shell, int status);
    /* a subshell is waiting for agent_pipes_gate_open() */
    void                 (*on_subshell)(agent_shell_t *shell, pid_t pid);
    /*
     * It has exited with a code, or by a signal if not 0; the last callback,
     * to be freed with agent_shell_free().
     */
    void                 (*on_exit)(agent_shell_t *shell, int code, int sig);

    /* set by a start */

    agent_script_kind_e    kind;
    const char            *program;       /* NULL: bash */
    char                   dir[AGENT_SHELL_DIR];

    /* private to shell.c */

    agent_child_t          child;
    char                   gate[AGENT_CHILD_MARKER_SIZE];
    uint64_t               commands;
    uint64_t               cpu;
    int64_t                cpu_ms;        /* of the last script */
    int                    fd_text;
    int                    fd_report;
    int                    fd_gate;
    int                    fd_gate_prev;  /* the previous gate */
    int                    fd_input;
    int                    fd_stat;
    uv_poll_t              text_poll;
    uv_poll_t              report_poll;
    char                  *text;
    size_t                 text_len;
    size_t                 text_sent;
    agent_script_report_t  report;
    unsigned               refs;
    unsigned               ready:1;       /* it has sent its first report */
    unsigned               input:1;       /* a file for stdin exists */
    unsigned               ended:1;
};


/* 0, or an errno; ENOENT: the image has no shell */
int agent_shell_start(agent_shell_t *shell);

/* the marker of the next command, AGENT_CHILD_MARKER_SIZE bytes */
void agent_shell_marker(agent_shell_t *shell, char *marker);

/*
 * Runs the prepared command: a script, and the command line, both by script.h.
 * 0, or ENOMEM.
 */
int agent_shell_run(agent_shell_t *shell, const char *marker,
    const char *script, const char *line);

/* removes its FIFOs; the process itself is not affected */
void agent_shell_close(agent_shell_t *shell);

/* frees a shell that has exited or could not be started */
void agent_shell_free(agent_shell_t *shell);


#endif /* _AGENT_SESSION_SHELL_H_INCLUDED_ */
