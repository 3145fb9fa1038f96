
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_SHELL_H_INCLUDED_
#define _AGENT_SESSION_SHELL_H_INCLUDED_


#include "run/command.h"


/*
 * The shell of a session.  It runs a loop (session_text.c) that reads a
 * marker and a text from a FIFO, evaluates the text with stdout and stderr on
 * two FIFOs of this command alone, and writes the exit status to another.  All
 * of them are opened by their names, in a directory that has no other use:
 * the shell holds no descriptor that a command could close, redirect or pass
 * on, and what it leaves running in the background keeps the FIFOs that it
 * had.
 */


typedef enum {
    AGENT_SHELL_BASH = 0,
    AGENT_SHELL_SH
} agent_shell_kind_e;


#define AGENT_SHELL_DIR     96

/* the loop leaves what it is in at this signal; dash knows numbers only */
#define AGENT_SHELL_SIGNAL  57


/* session_text.c: what the shell is told; pure, and fuzzed */

typedef struct {
    const char         *line;
    const char         *cwd;           /* NULL: where the shell is */
    const char        **env;           /* pairs, NULL to unset; or NULL */
    const char         *marker;        /* a subshell's; NULL: the shell */
    const char         *stdin_name;    /* of a file in dir, or NULL */
} agent_shell_call_t;


/* the loop; malloc()ed, as the others; NULL: no memory */
char *agent_shell_loop(agent_shell_kind_e kind, const char *dir);

/* a call as text for the loop, without a NUL or, for sh, a line feed */
char *agent_shell_text(agent_shell_kind_e kind, const char *dir,
    const agent_shell_call_t *call);

/* the FIFO of a subshell that waits, by the marker */
const char *agent_shell_go_name(const char *marker);

/*
 * Puts in front of a call's text what follows the sandbox's variables from
 * what they were to what they are, where the shell still has what it was
 * given.
 */
char *agent_shell_follow(agent_shell_kind_e kind, json_t *was, json_t *is,
    const char *text);


/* what a shell says: "0;" a status, "p123;" the number of a subshell */

typedef struct {
    char                what;          /* 's', 'p' */
    int                 number;
    unsigned            digits;
} agent_shell_word_t;

/* takes a byte; 1: w is whole, 0: more is to come, -1: nonsense */
int agent_shell_word(agent_shell_word_t *w, char ch);


/* session_shell.c */

typedef struct agent_shell_s  agent_shell_t;


struct agent_shell_s {
    /* set by the caller */
    const char         *cwd;           /* NULL: the workspace */
    const char        **env;           /* over the sandbox's; or NULL */
    void               *data;

    /* the text was run */
    void              (*on_status)(agent_shell_t *shell, int status);
    /* a subshell waits for agent_shell_go() */
    void              (*on_subshell)(agent_shell_t *shell, pid_t pid);
    /* it has ended; the last call, free it with agent_shell_free() */
    void              (*on_exit)(agent_shell_t *shell, int status);

    /* results of a start */

    agent_shell_kind_e  kind;
    const char         *program;       /* NULL: bash */
    char                dir[AGENT_SHELL_DIR];

    /* the rest is session_shell.c's */

    agent_child_t       child;
    char                go[AGENT_MARKER_SIZE];
    uint64_t            commands;
    uint64_t            cpu;
    int64_t             cpu_ms;        /* of the text that was run last */
    int                 fd_text;
    int                 fd_words;
    int                 fd_go;
    int                 fd_gone;       /* the one before */
    int                 fd_input;
    int                 fd_stat;
    uv_poll_t           text_poll;
    uv_poll_t           words_poll;
    char               *text;
    size_t              text_len;
    size_t              text_sent;
    agent_shell_word_t  word;
    unsigned            refs;
    unsigned            ready:1;       /* it has said its first word */
    unsigned            input:1;       /* there is a file for stdin */
    unsigned            ended:1;
};


/* 0, or an errno; ENOENT: the image has no shell */
int agent_shell_start(agent_shell_t *shell);

/* the next call's marker, of AGENT_MARKER_SIZE bytes */
void agent_shell_marker(agent_shell_t *shell, char *marker);

/* runs what was prepared; text is stolen */
int agent_shell_run(agent_shell_t *shell, const char *marker, char *text);

/* nothing more is wanted: its FIFOs go; the process itself is not touched */
void agent_shell_close(agent_shell_t *shell);

/* of one that has ended, or could not be started */
void agent_shell_free(agent_shell_t *shell);


/*
 * session_fifo.c: the directory, and what is in it.  0, or an errno, where
 * nothing else is said.
 */

int agent_shell_directory(agent_shell_t *shell);

/* makes a FIFO, in place of whatever has its name, and opens it */
int agent_shell_fifo(agent_shell_t *shell, const char *name, int flags,
    int *fd);
void agent_shell_remove(agent_shell_t *shell, const char *name);

/* makes the FIFOs of a call and their read ends; 0, or an errno */
int agent_shell_prepare(agent_shell_t *shell, int *fds);

/* and the one where the subshell of this marker waits */
int agent_shell_prepare_go(agent_shell_t *shell, const char *marker);
void agent_shell_go(agent_shell_t *shell);
/* it goes, or is not waited for any more */
void agent_shell_go_done(agent_shell_t *shell);

/* a file for a call's stdin; 0, or an errno */
int agent_shell_input(agent_shell_t *shell, const char *buf, size_t len);
#define AGENT_SHELL_INPUT  "i"

/*
 * A FIFO in its place; its end to write to, or -1 with errno, once the
 * subshell has opened the other one.
 */
int agent_shell_input_fifo(agent_shell_t *shell);
int agent_shell_input_take(agent_shell_t *shell);

/* it is open, or not needed any more */
void agent_shell_input_done(agent_shell_t *shell);


#endif /* _AGENT_SESSION_SHELL_H_INCLUDED_ */
