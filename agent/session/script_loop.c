
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "session/script.h"
#include "session/script_loop.h"


/*
 * The loop of the shell of a session.  Builtins are called such that no alias
 * or function can replace them; our variables begin with __sandbox.
 *
 * The loop reads a marker, a script and the command line.  The command line is
 * evaluated as it is, so that it sees what it would see in a shell of its own:
 *
 *   - "builtin eval" is in the condition of an outer "until", where a failure
 *     runs no ERR trap and ends no shell.  What it evaluates does not inherit
 *     this from "builtin", as it would from "eval" itself.
 *   - It is on the first line, so that LINENO and messages count from there.
 *   - Outside of it, standard output and error are /dev/null, where what
 *     "set -v", "set -x" and a DEBUG trap print of the loop is lost.  "set -x"
 *     and the DEBUG trap are off until __sandbox_p, in front of the command
 *     line, switches them on again.  It is there only if needed; as "set -v"
 *     would print it with the first line, that is then printed separately.
 *   - The function __sandbox_r restores $?, if it was not 0.
 *
 * The loop is an "until", so that it ends when commands are no longer executed
 * ("set -n").  The report is its condition, so that a stray "continue" reaches
 * it; an outer loop catches a stray "break".
 */


static char *agent_script_in(const char *dir, const char *code);


/* the trap must not break the loop itself: check $__sandbox */

#define AGENT_SCRIPT_TRAP                                                     \
    "trap 'case ${__sandbox-} in ?*)break;return 124;;esac 2>/dev/null' %d;"

/*
 * Comes first; until "set -x" and a DEBUG trap are off, there are as few
 * commands as possible.  A script tells the status of its command line in
 * __sandbox_c.
 */

#define AGENT_SCRIPT_REPORT(builtin)                                          \
    "until until "                                                            \
    "{ __sandbox_s=$? __sandbox_f=$-;" builtin " set +x;"

#define AGENT_SCRIPT_RESET(builtin)                                           \
    "case $__sandbox_f in *x*)__sandbox_p='" builtin " set -x;';;esac;"       \
    "case ${__sandbox_c-} in ?*)__sandbox_s=$__sandbox_c;__sandbox_c=;;esac;"

#define AGENT_SCRIPT_SILENT                                                   \
    "} >/dev/null 2>&1;"                                                      \
    "\\command exec </dev/null >/dev/null 2>&1;"


/* an empty line means end of input */

#define AGENT_SCRIPT_AGAIN(builtin)                                           \
    "case $__sandbox in ?*)" builtin " eval \"$__sandbox_loop\";;esac"


/*
 * The directory is %1$s.  "mapfile" reads blanks at the ends of the command
 * line whatever IFS is, which may be read-only; bash before 4.4 lacks its -d.
 */

static const char  agent_script_bash_loop[] =
    AGENT_SCRIPT_REPORT("\\builtin")
    "[[ ${__sandbox_t-} ]]&&"
    "\\builtin trap -p DEBUG >|%1$s/" AGENT_SCRIPT_DEBUG
    "&&\\builtin trap - DEBUG;"
    "__sandbox= __sandbox_p= __sandbox_x=;"
    "case $__sandbox_f${__sandbox_c-}${__sandbox_t-} in *[x0-9]*)"
    AGENT_SCRIPT_RESET("\\builtin")
    "[[ ${__sandbox_t-}&&-s %1$s/" AGENT_SCRIPT_DEBUG " ]]&&{ "
    "\\builtin read -r -d '' __sandbox_d <%1$s/" AGENT_SCRIPT_DEBUG ";"
    "__sandbox_p+='\\builtin eval \"$__sandbox_d\";';};;esac;"
    AGENT_SCRIPT_SILENT
    "[[ ${__sandbox_undo-} ]]&&"
    "{ \\builtin eval \"$__sandbox_undo\";__sandbox_undo=;};"
    "\\builtin printf \"$__sandbox_s;\" >%1$s/s;"
    "{ \\builtin read -r -d '' SANDBOX_COMMAND_ID;"
    "\\builtin read -r -d '' __sandbox_run;"
    "\\builtin mapfile -d '' -t -n 1 __sandbox_m"
    "&&__sandbox=${__sandbox_m[0]}"
    "||IFS= \\builtin read -r -d '' __sandbox;} <%1$s/c;"
    "[[ ! $__sandbox ]];"
    "do "
    "case $__sandbox_s$__sandbox_p in 0);;*)"
    "__sandbox_q=;"
    "case $__sandbox_s in 0);;*)\\builtin eval '__sandbox_r(){ "
    "\\builtin unset -f __sandbox_r;\\builtin return $__sandbox_s;}';"
    "case $__sandbox_p in ?*)__sandbox_p+='__sandbox_r&&:' __sandbox_q='&&:';;"
    "esac;;esac;"
    "case $__sandbox_p in ?*)"
    "case $- in *v*)\\builtin set +v;"
    "__sandbox_1=${__sandbox%%%%$__sandbox_nl*};"
    "__sandbox_p='\\builtin printf \"%%s\\n\" \"$__sandbox_1\" >%1$s/e;"
    "\\builtin set -v;'$__sandbox_p;;esac;"
    "__sandbox_x='{ \\builtin eval \"$__sandbox_p\"'$__sandbox_q"
    "';} >/dev/null 2>&1;';;esac;;esac;"
    "[[ -o posix ]]&&__sandbox_e=(command eval --)"
    "||[[ ${__sandbox_e-} = eval ]]||__sandbox_e=(eval --);"
    "case $__sandbox_run in " AGENT_SCRIPT_TRAPS "\\ *)"
    "__sandbox_t=1 __sandbox_run=;;esac;"
    "case $__sandbox_run in "
    "?*)\\builtin eval \"$__sandbox_run\";;"
    "*)\\command exec >%1$s/o 2>%1$s/e;" AGENT_SCRIPT_STATUS
    AGENT_SCRIPT_BASH_EVAL("__sandbox") ";;esac;"
    "done;"
    "[[ ! $__sandbox ]];do [[ x ]];done;"
    AGENT_SCRIPT_AGAIN("\\builtin");


static const char  agent_script_sh_loop[] =
    AGENT_SCRIPT_REPORT("\\command")
    "__sandbox= __sandbox_p= __sandbox_x=;"
    AGENT_SCRIPT_RESET("\\command")
    AGENT_SCRIPT_SILENT
    "case ${__sandbox_undo-} in ?*)"
    "\\command cd -- \"$__sandbox_undo\";"
    "OLDPWD=${__sandbox_old-};__sandbox_undo=;;esac;"
    "\\command printf \"$__sandbox_s;\" >%1$s/s;"
    "{ \\command read -r SANDBOX_COMMAND_ID;"
    "\\command read -r __sandbox_run;"
    "\\command read -r __sandbox;} <%1$s/c;"
    "case $__sandbox in ?*)! :;;esac;"
    "do "
    "\\command eval \"__sandbox=$__sandbox\";"
    "__sandbox_x=$__sandbox_p;"
    "case $__sandbox_run in "
    "?*)\\command eval \"$__sandbox_run\";;"
    "*)\\command exec >%1$s/o 2>%1$s/e;"
    AGENT_SCRIPT_SH_EVAL("__sandbox") ";;esac;"
    "done;"
    "case $__sandbox in ?*)! :;;esac;do :;done;"
    AGENT_SCRIPT_AGAIN("\\command");


/*
 * A subshell; __sandbox_i is its standard input, and __sandbox_h is evaluated
 * before the command line.  Its parent exits at once, so that the agent
 * inherits it.  With job control it has its own process group and does not
 * ignore SIGINT.  It reports its pid, and waits for the agent to adopt it.
 */

#define AGENT_SCRIPT_GATE(builtin)                                            \
    "{ " builtin " read -r __sandbox_run "                                    \
    "<\"%1$s/.${SANDBOX_COMMAND_ID##*.}\";} 2>/dev/null;"                     \
    "__sandbox_run=$__sandbox;__sandbox=;"                                    \
    "case ${__sandbox_h-} in ?*)" builtin " eval \"$__sandbox_h\";;esac;"

#define AGENT_SCRIPT_STREAMS                                                  \
    ") <\"${__sandbox_i:-/dev/null}\" &) >%1$s/o 2>%1$s/e"


/* "||": a failure must not run an ERR trap */

static const char  agent_script_bash_subshell[] =
    "(\\builtin set -m;(\\builtin set +m;BASH_SUBSHELL=0;"
    "\\builtin printf 'p%%d;' \"$BASHPID\" >%1$s/s;"
    AGENT_SCRIPT_GATE("\\builtin")
    "{ " AGENT_SCRIPT_STATUS AGENT_SCRIPT_BASH_EVAL("__sandbox_run")
    ";}||\\builtin exit $?"
    AGENT_SCRIPT_STREAMS;


static const char  agent_script_sh_subshell[] =
    "((\\command read -r __sandbox_run </proc/self/stat;"
    "\\command printf 'p%%d;' \"${__sandbox_run%%%% *}\" >%1$s/s;"
    AGENT_SCRIPT_GATE("\\command")
    AGENT_SCRIPT_SH_EVAL("__sandbox_run")
    AGENT_SCRIPT_STREAMS;


char *
agent_script_loop(agent_script_kind_e kind, const char *dir)
{
    char            *loop, *subshell;
    agent_buffer_t   b;

    memset(&b, 0, sizeof(agent_buffer_t));

    loop = agent_script_in(dir, kind == AGENT_SCRIPT_BASH
                                ? agent_script_bash_loop
                                : agent_script_sh_loop);

    subshell = agent_script_in(dir, kind == AGENT_SCRIPT_BASH
                                    ? agent_script_bash_subshell
                                    : agent_script_sh_subshell);

    if (loop == NULL || subshell == NULL) {
        free(loop);
        free(subshell);
        return NULL;
    }

    /* the loop is on the first line, and not evaluated, as "set -x" shows */

    agent_buffer_adds(&b, "readonly __sandbox_nl=\"$1\" __sandbox_b=");
    agent_script_quote(&b, AGENT_SCRIPT_BASH, subshell);
    agent_buffer_adds(&b, " __sandbox_loop=");
    agent_script_quote(&b, AGENT_SCRIPT_BASH, loop);
    agent_buffer_printf(&b, ";shift;" AGENT_SCRIPT_TRAP, AGENT_SCRIPT_SIGNAL);

    if (kind == AGENT_SCRIPT_BASH) {
        agent_buffer_adds(&b, "shopt -s expand_aliases;");
    }

    agent_buffer_add(&b, loop, strlen(loop));

    free(loop);
    free(subshell);

    return agent_buffer_take(&b);
}


static char *
agent_script_in(const char *dir, const char *code)
{
    agent_buffer_t  b;

    memset(&b, 0, sizeof(agent_buffer_t));

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    agent_buffer_printf(&b, code, dir);
#pragma GCC diagnostic pop

    return agent_buffer_take(&b);
}
