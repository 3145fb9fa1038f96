
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_SCRIPT_H_INCLUDED_
#define _AGENT_SESSION_SCRIPT_H_INCLUDED_


#include <jansson.h>


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


/* the loop leaves what it is in at this signal; dash knows numbers only */
#define AGENT_SHELL_SIGNAL  57


/* what the shell is told; pure, and fuzzed */

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


#endif /* _AGENT_SESSION_SCRIPT_H_INCLUDED_ */
