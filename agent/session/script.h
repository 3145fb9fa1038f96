
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_SCRIPT_H_INCLUDED_
#define _AGENT_SESSION_SCRIPT_H_INCLUDED_


#include <jansson.h>


/* what a session's shell is told, and what it answers; pure functions */


/* the loop leaves what it is in at this signal; dash knows numbers only */
#define AGENT_SCRIPT_SIGNAL  57


typedef enum {
    AGENT_SCRIPT_BASH = 0,
    AGENT_SCRIPT_SH
} agent_script_kind_e;


/* what the shell is to run */

typedef struct {
    const char         *line;
    const char         *cwd;           /* NULL: where the shell is */
    const char        **env;           /* pairs, NULL to unset; or NULL */
    const char         *marker;        /* a subshell's; NULL: the shell */
    const char         *stdin_name;    /* of a file in dir, or NULL */
} agent_script_call_t;


/* the loop; malloc()ed, as the others; NULL: no memory */
char *agent_script_loop(agent_script_kind_e kind, const char *dir);

/* a call as text for the loop, without a NUL or, for sh, a line feed */
char *agent_script_text(agent_script_kind_e kind, const char *dir,
    const agent_script_call_t *call);

/* the FIFO of a subshell that waits, by the marker */
const char *agent_script_gate_name(const char *marker);

/*
 * Puts in front of a call's text what follows the sandbox's variables from
 * what they were to what they are, where the shell still has what it was
 * given.
 */
char *agent_script_follow(agent_script_kind_e kind, json_t *was, json_t *is,
    const char *text);


/* what a shell says: "0;" a status, "p123;" the number of a subshell */

typedef struct {
    char                what;          /* 's', 'p' */
    int                 number;
    unsigned            digits;
} agent_script_report_t;


/* takes a byte; 1: w is whole, 0: more is to come, -1: nonsense */
int agent_script_report(agent_script_report_t *w, char ch);


#endif /* _AGENT_SESSION_SCRIPT_H_INCLUDED_ */
