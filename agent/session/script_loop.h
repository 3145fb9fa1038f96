
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_SCRIPT_LOOP_H_INCLUDED_
#define _AGENT_SESSION_SCRIPT_LOOP_H_INCLUDED_


#include "session/script.h"


/*
 * The loop of a session's shell, as the argument of -c; the first parameter
 * must be a line feed.  malloc()ed; NULL: out of memory.
 */
char *agent_script_loop(agent_script_kind_e kind, const char *dir);


/* parts of the loop that are in scripts, too */

/* in place of a script: the command line may set a trap */

#define AGENT_SCRIPT_TRAPS  "t"

/* evaluates the command line */

#define AGENT_SCRIPT_BASH_EVAL(line)                                          \
    "\\builtin \"${__sandbox_e[@]}\" \"$__sandbox_x$" line "\""

#define AGENT_SCRIPT_SH_EVAL(line)                                            \
    "\\command eval \"$__sandbox_x$" line "\""

/* $?, unless __sandbox_p does it */

#define AGENT_SCRIPT_STATUS                                                   \
    "case $__sandbox_p$__sandbox_s in [1-9]*)__sandbox_r >/dev/null 2>&1;;esac;"


#endif /* _AGENT_SESSION_SCRIPT_LOOP_H_INCLUDED_ */
