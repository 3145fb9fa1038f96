
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_SCRIPT_H_INCLUDED_
#define _AGENT_SESSION_SCRIPT_H_INCLUDED_


#include <jansson.h>

#include "base/buffer.h"


/* shell code for sessions, and the replies of the shell; pure functions */


/* the signal that interrupts a command; dash accepts only numbers */
#define AGENT_SCRIPT_SIGNAL  57

/* the file to which bash writes the user's DEBUG trap */
#define AGENT_SCRIPT_DEBUG  "d"


typedef enum {
    AGENT_SCRIPT_BASH = 0,
    AGENT_SCRIPT_SH
} agent_script_kind_e;


/* how the command line is run */

typedef struct {
    const char         *line;
    const char         *cwd;        /* NULL: the shell's directory */
    const char        **env;        /* pairs, NULL to unset; or NULL */
    const char         *marker;     /* marker of a subshell; NULL: the shell */
    const char         *stdin_name;    /* name of a file in dir, or NULL */
} agent_script_call_t;


/*
 * The script that prepares and runs the command line, malloc()ed like the
 * others; "" for a plain one, which the loop itself runs.  Without NUL and line
 * feeds.  NULL: out of memory.
 */
char *agent_script_text(agent_script_kind_e kind, const char *dir,
    const agent_script_call_t *call);

/* the command line as the loop reads it; without line feeds for sh */
char *agent_script_line(agent_script_kind_e kind, const char *line);

/* appends s as a word of the shell; without line feeds for AGENT_SCRIPT_SH */
void agent_script_quote(agent_buffer_t *b, agent_script_kind_e kind,
    const char *s);

/* the name of the FIFO on which a subshell waits */
const char *agent_script_gate_name(const char *marker);

/*
 * Prepends code to the script that updates the sandbox's variables to their
 * current values, unless the shell has changed them itself.
 */
char *agent_script_follow(agent_script_kind_e kind, const char *dir,
    json_t *was, json_t *is, const char *text);


/* words of a shell: "0;" is a status, "p123;" the pid of a subshell */

typedef struct {
    char                what;          /* 's', 'p' */
    int                 number;
    unsigned            digits;
} agent_script_report_t;


/* adds a byte; 1: w is complete, 0: incomplete, -1: invalid */
int agent_script_report(agent_script_report_t *w, char ch);


#endif /* _AGENT_SESSION_SCRIPT_H_INCLUDED_ */
