
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "run/env.h"
#include "session/script.h"


/*
 * Shell code that is run by the shell of a session.  Builtins are called such
 * that no alias or function can replace them; our variables begin with
 * __sandbox.
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


static void agent_script_quote(agent_buffer_t *b,
    agent_script_kind_e kind, const char *s);
static void agent_script_subshell(agent_buffer_t *b,
    agent_script_kind_e kind, const char *dir,
    const agent_script_call_t *call);
static int agent_script_may_trap(const char *line);
static void agent_script_export(agent_buffer_t *b, const char **env);
static void agent_script_chdir(agent_buffer_t *b,
    agent_script_kind_e kind, const char *cwd);
static void agent_script_complain(agent_buffer_t *b,
    agent_script_kind_e kind, const char *cwd);
static void agent_script_run(agent_buffer_t *b, agent_script_kind_e kind,
    const char *dir, const agent_script_call_t *call);
static void agent_script_follow_one(agent_buffer_t *b,
    agent_script_kind_e kind, const char *name, const char *was,
    const char *is);


#define agent_script_builtin(kind)                                            \
    ((kind) == AGENT_SCRIPT_BASH ? "\\builtin" : "\\command")


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


char *
agent_script_loop(agent_script_kind_e kind, const char *dir)
{
    char            *loop;
    agent_buffer_t   b;

    memset(&b, 0, sizeof(agent_buffer_t));

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    agent_buffer_printf(&b, kind == AGENT_SCRIPT_BASH ? agent_script_bash_loop
                                                      : agent_script_sh_loop,
                        dir);
#pragma GCC diagnostic pop

    loop = agent_buffer_take(&b);

    if (loop == NULL) {
        return NULL;
    }

    memset(&b, 0, sizeof(agent_buffer_t));

    /* the loop is on the first line, and not evaluated, as "set -x" shows */

    agent_buffer_adds(&b, "readonly __sandbox_nl=\"$1\" __sandbox_loop=");
    agent_script_quote(&b, AGENT_SCRIPT_BASH, loop);
    agent_buffer_printf(&b, ";shift;" AGENT_SCRIPT_TRAP, AGENT_SCRIPT_SIGNAL);

    if (kind == AGENT_SCRIPT_BASH) {
        agent_buffer_adds(&b, "shopt -s expand_aliases;");
    }

    agent_buffer_add(&b, loop, strlen(loop));

    free(loop);

    return agent_buffer_take(&b);
}


char *
agent_script_text(agent_script_kind_e kind, const char *dir,
    const agent_script_call_t *call)
{
    int              traps;
    agent_buffer_t   b;

    memset(&b, 0, sizeof(agent_buffer_t));

    if (call->marker) {
        agent_script_subshell(&b, kind, dir, call);
        return agent_buffer_take(&b);
    }

    traps = (kind == AGENT_SCRIPT_BASH && agent_script_may_trap(call->line));

    if (call->cwd == NULL && call->env == NULL && call->stdin_name == NULL) {

        if (traps) {
            agent_buffer_adds(&b, AGENT_SCRIPT_TRAPS);
        }

        return agent_buffer_take(&b);
    }

    if (traps) {
        agent_buffer_adds(&b, "__sandbox_t=1;");
    }

    if (kind == AGENT_SCRIPT_BASH) {
        agent_script_export(&b, call->env);
    }

    if (call->cwd) {

        if (kind == AGENT_SCRIPT_BASH) {
            agent_buffer_adds(&b, "\\builtin printf -v __sandbox_cwd "
                              "'\\\\builtin cd -- %q;OLDPWD=%q;' \"${PWD-/}\" "
                              "\"${OLDPWD-}\";"
                              "__sandbox_undo+=$__sandbox_cwd;");

        } else {
            agent_buffer_adds(&b, "__sandbox_old=${OLDPWD-} "
                              "__sandbox_undo=${PWD-/};");
        }

        agent_buffer_adds(&b, "if ");
        agent_script_chdir(&b, kind, call->cwd);
        agent_buffer_adds(&b, ";then ");
    }

    agent_script_run(&b, kind, dir, call);

    if (call->cwd) {
        agent_buffer_printf(&b, ";else \\command exec >%s/o 2>%s/e;", dir, dir);
        agent_script_complain(&b, kind, call->cwd);
        agent_buffer_adds(&b, ";__sandbox_c=1;fi");
    }

    return agent_buffer_take(&b);
}


/*
 * Whether the command line may set a trap, itself or by what it reads: only
 * after such a line the loop looks for a DEBUG trap, which takes time.
 */

static int
agent_script_may_trap(const char *line)
{
    size_t  i;

    static const char  *const words[] = {
        "trap", "source", "eval", ". ", ".\t", ".\\", NULL
    };

    for (i = 0; words[i]; i++) {

        if (strstr(line, words[i])) {
            return 1;
        }
    }

    return 0;
}


char *
agent_script_line(agent_script_kind_e kind, const char *line)
{
    agent_buffer_t  b;

    memset(&b, 0, sizeof(agent_buffer_t));

    /* an empty line would end the loop */

    if (line[0] == '\0') {
        line = " ";
    }

    if (kind == AGENT_SCRIPT_SH) {
        agent_script_quote(&b, kind, line);

    } else {
        agent_buffer_add(&b, line, strlen(line));
    }

    return agent_buffer_take(&b);
}


/*
 * Its parent exits at once, so that the agent inherits it.  With job control
 * it has its own process group and does not ignore SIGINT.  It reports its
 * pid, and waits for the agent to adopt it.
 */

static void
agent_script_subshell(agent_buffer_t *b, agent_script_kind_e kind,
    const char *dir, const agent_script_call_t *call)
{
    size_t       i;
    const char  *builtin;

    builtin = agent_script_builtin(kind);

    if (kind == AGENT_SCRIPT_BASH) {
        agent_buffer_printf(b, "(\\builtin set -m;(\\builtin set +m;"
                            "BASH_SUBSHELL=0;SANDBOX_COMMAND_ID=%s;"
                            "\\builtin printf 'p%%d;' \"$BASHPID\" >%s/s;",
                            call->marker, dir);

    } else {
        agent_buffer_printf(b, "((SANDBOX_COMMAND_ID=%s;"
                            "\\command read -r __sandbox_run </proc/self/stat;"
                            "\\command printf 'p%%d;' "
                            "\"${__sandbox_run%%%% *}\" >%s/s;",
                            call->marker, dir);
    }

    agent_buffer_printf(b, "{ %s read -r __sandbox_run <%s/%s;} 2>/dev/null;"
                        "__sandbox_run=$__sandbox;__sandbox=;", builtin, dir,
                        agent_script_gate_name(call->marker));

    if (call->cwd) {
        agent_script_chdir(b, kind, call->cwd);
        agent_buffer_adds(b, "||{ ");
        agent_script_complain(b, kind, call->cwd);
        agent_buffer_printf(b, ";%s exit 1;};", builtin);
    }

    for (i = 0; call->env && call->env[i]; i += 2) {

        if (call->env[i + 1] == NULL) {
            agent_buffer_printf(b, "%s unset %s;", builtin, call->env[i]);
            continue;
        }

        agent_buffer_printf(b, "%s export %s=", builtin, call->env[i]);
        agent_script_quote(b, AGENT_SCRIPT_SH, call->env[i + 1]);
        agent_buffer_adds(b, ";");
    }

    /* "||": a failure must not run an ERR trap */

    if (kind == AGENT_SCRIPT_BASH) {
        agent_buffer_adds(b, "{ " AGENT_SCRIPT_STATUS
                          AGENT_SCRIPT_BASH_EVAL("__sandbox_run")
                          ";}||\\builtin exit $?");

    } else {
        agent_buffer_adds(b, AGENT_SCRIPT_SH_EVAL("__sandbox_run"));
    }

    if (call->stdin_name) {
        agent_buffer_printf(b, ") <%s/%s &)", dir, call->stdin_name);

    } else {
        agent_buffer_adds(b, ") </dev/null &)");
    }

    agent_buffer_printf(b, " >%s/o 2>%s/e", dir, dir);
}


/*
 * The loop evaluates the script as a whole, where a failure would run an ERR
 * trap and end the shell: hence the "||".
 */

static void
agent_script_run(agent_buffer_t *b, agent_script_kind_e kind, const char *dir,
    const agent_script_call_t *call)
{
    size_t  i;

    agent_buffer_printf(b, "\\command exec >%s/o 2>%s/e;__sandbox_c=0;", dir,
                        dir);

    if (kind == AGENT_SCRIPT_BASH) {
        agent_buffer_adds(b, "{ " AGENT_SCRIPT_STATUS);
    }

    if (kind == AGENT_SCRIPT_BASH) {
        agent_buffer_adds(b, AGENT_SCRIPT_BASH_EVAL("__sandbox"));
        goto input;
    }

    /* sh assigns variables for the eval and restores them afterwards */

    for (i = 0; call && call->env && call->env[i]; i += 2) {
        agent_buffer_printf(b, "%s=", call->env[i]);
        agent_script_quote(b, kind, call->env[i + 1] ? call->env[i + 1] : "");
        agent_buffer_adds(b, " ");
    }

    agent_buffer_adds(b, "\\command eval ");

    for (i = 0; call && call->env && call->env[i]; i += 2) {

        if (call->env[i + 1] == NULL) {
            agent_buffer_printf(b, "'\\command unset %s;'", call->env[i]);
        }
    }

    agent_buffer_adds(b, "\"$__sandbox_x$__sandbox\"");

input:

    if (call && call->stdin_name) {
        agent_buffer_printf(b, " <%s/%s", dir, call->stdin_name);
    }

    if (kind == AGENT_SCRIPT_BASH) {
        agent_buffer_adds(b, ";}||__sandbox_c=$?");

    } else {
        agent_buffer_adds(b, ";__sandbox_c=$?");
    }
}


/*
 * Assigns variables for the command line; what restores them afterwards, with
 * their attributes, is kept in __sandbox_undo.  An assignment in front of
 * "builtin eval" would not reach what that evaluates.
 */

static void
agent_script_export(agent_buffer_t *b, const char **env)
{
    size_t       i;
    const char  *name;

    for (i = 0; env && env[i]; i += 2) {
        name = env[i];

        agent_buffer_printf(b, "__sandbox_undo+='\\builtin unset -v %s;';"
                            "[[ -v %s||-v %s[@] ]]&&"
                            "__sandbox_undo+=\"${%s[@]@A};\";"
                            "\\builtin unset -v %s;", name, name, name, name,
                            name);

        if (env[i + 1]) {
            agent_buffer_printf(b, "\\builtin export %s=", name);
            agent_script_quote(b, AGENT_SCRIPT_SH, env[i + 1]);
            agent_buffer_adds(b, ";");
        }
    }
}


/* one FIFO per subshell: a killed subshell may leave its word unread */

const char *
agent_script_gate_name(const char *marker)
{
    const char  *dot;

    dot = strrchr(marker, '.');

    return dot ? dot : marker;
}


/* disable the special meaning of "-" and CDPATH */

static void
agent_script_chdir(agent_buffer_t *b, agent_script_kind_e kind,
    const char *cwd)
{
    agent_buffer_printf(b, "%s cd -- %s", agent_script_builtin(kind),
                        cwd[0] == '/' ? "" : "./");
    agent_script_quote(b, AGENT_SCRIPT_SH, cwd);
    agent_buffer_adds(b, " >/dev/null 2>&1");
}


static void
agent_script_complain(agent_buffer_t *b, agent_script_kind_e kind,
    const char *cwd)
{
    agent_buffer_printf(b, "%s printf 'Failed to change directory to %%s\\n' ",
                        agent_script_builtin(kind));
    agent_script_quote(b, AGENT_SCRIPT_SH, cwd);
    agent_buffer_adds(b, " >&2");
}


char *
agent_script_follow(agent_script_kind_e kind, const char *dir, json_t *was,
    json_t *is, const char *text)
{
    json_t          *value, *old;
    const char      *name;
    agent_buffer_t   b;

    memset(&b, 0, sizeof(agent_buffer_t));

    json_object_foreach(was, name, value) {

        /* a variable removed from the sandbox gets the image's value again */

        if (json_object_get(is, name) == NULL) {
            agent_script_follow_one(&b, kind, name, json_string_value(value),
                                    agent_env_image(name));
        }
    }

    json_object_foreach(is, name, value) {
        old = json_object_get(was, name);

        if (old == NULL || !json_equal(old, value)) {
            agent_script_follow_one(&b, kind, name,
                                    old ? json_string_value(old)
                                       : agent_env_image(name),
                                    json_string_value(value));
        }
    }

    /* or else the loop would run the command line */

    if (b.len && strcmp(text, AGENT_SCRIPT_TRAPS) == 0) {
        agent_buffer_adds(&b, "__sandbox_t=1;");
        text = "";
    }

    if (b.len && text[0] == '\0') {
        agent_script_run(&b, kind, dir, NULL);
    }

    agent_buffer_add(&b, text, strlen(text));

    return agent_buffer_take(&b);
}


static void
agent_script_follow_one(agent_buffer_t *b, agent_script_kind_e kind,
    const char *name, const char *was, const char *is)
{
    if (was) {
        agent_buffer_printf(b, "case ${%s-} in ", name);
        agent_script_quote(b, AGENT_SCRIPT_SH, was);
        agent_buffer_adds(b, ")");

    } else {
        agent_buffer_printf(b, "case ${%s+x} in '')", name);
    }

    if (is) {
        agent_buffer_printf(b, "%s export %s=", agent_script_builtin(kind),
                            name);
        agent_script_quote(b, AGENT_SCRIPT_SH, is);

    } else {
        agent_buffer_printf(b, "%s unset %s", agent_script_builtin(kind), name);
    }

    agent_buffer_adds(b, ";;esac;");
}


/*
 * sh reads a single line, and scripts have a single one, so that what they
 * evaluate begins on the first: for AGENT_SCRIPT_SH without line feeds
 */

static void
agent_script_quote(agent_buffer_t *b, agent_script_kind_e kind,
    const char *s)
{
    size_t       n;
    const char  *special;

    special = kind == AGENT_SCRIPT_BASH ? "'" : "'\n";

    agent_buffer_adds(b, "'");

    for ( ;; ) {
        n = strcspn(s, special);
        agent_buffer_add(b, s, n);
        s += n;

        if (*s == '\0') {
            break;
        }

        if (*s == '\'') {
            agent_buffer_adds(b, "'\\''");

        } else {
            agent_buffer_adds(b, "'\"$__sandbox_nl\"'");
        }

        s++;
    }

    agent_buffer_adds(b, "'");
}


int
agent_script_report(agent_script_report_t *w, char ch)
{
    if (w->what == '\0') {
        w->number = 0;
        w->digits = 0;
        w->what = ch == 'p' ? 'p' : 's';

        if (ch == 'p') {
            return 0;
        }
    }

    if (ch >= '0' && ch <= '9' && w->digits < 9) {
        w->number = w->number * 10 + (ch - '0');
        w->digits++;
        return 0;
    }

    if (ch == ';' && w->digits) {
        return 1;
    }

    w->what = '\0';

    return -1;
}
