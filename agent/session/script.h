
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_SCRIPT_H_INCLUDED_
#define _AGENT_SESSION_SCRIPT_H_INCLUDED_


#include <jansson.h>


/* shell code for sessions, and the replies of the shell; pure functions */


/* the signal that interrupts a command; dash accepts only numbers */
#define AGENT_SCRIPT_SIGNAL  57


typedef enum {
    AGENT_SCRIPT_BASH = 0,
    AGENT_SCRIPT_SH
} agent_script_kind_e;


/* the command line */

typedef struct {
    const char         *line;
    const char         *cwd;        /* NULL: the shell's directory */
    const char        **env;        /* pairs, NULL to unset; or NULL */
    const char         *marker;     /* marker of a subshell; NULL: the shell */
    const char         *stdin_name;    /* name of a file in dir, or NULL */
} agent_script_call_t;


/* the loop; malloc()ed like the others; NULL: out of memory */
char *agent_script_loop(agent_script_kind_e kind, const char *dir);

/* a command as a script for the loop, without NUL and, for sh, line feeds */
char *agent_script_text(agent_script_kind_e kind, const char *dir,
    const agent_script_call_t *call);

/* the name of the FIFO on which a subshell waits */
const char *agent_script_gate_name(const char *marker);

/*
 * Prepends code that updates the sandbox's variables to their current values,
 * unless the shell has changed them itself.
 */
char *agent_script_follow(agent_script_kind_e kind, json_t *was, json_t *is,
    const char *text);


/* words of a shell: "0;" is a status, "p123;" the pid of a subshell */

typedef struct {
    char                what;          /* 's', 'p' */
    int                 number;
    unsigned            digits;
} agent_script_report_t;


/* adds a byte; 1: w is complete, 0: incomplete, -1: invalid */
int agent_script_report(agent_script_report_t *w, char ch);


#endif /* _AGENT_SESSION_SCRIPT_H_INCLUDED_ */
