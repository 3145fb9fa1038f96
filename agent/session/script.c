
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
 * __sandbox.  User input is quoted as data, and can end neither a word nor the
 * loop.
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
static void agent_script_chdir(agent_buffer_t *b,
    agent_script_kind_e kind, const char *cwd);
static void agent_script_complain(agent_buffer_t *b,
    agent_script_kind_e kind, const char *cwd);
static void agent_script_eval(agent_buffer_t *b,
    agent_script_kind_e kind, const char *dir,
    const agent_script_call_t *call);
static void agent_script_follow_one(agent_buffer_t *b,
    agent_script_kind_e kind, const char *name, const char *was,
    const char *is);


#define agent_script_builtin(kind)                                            \
    ((kind) == AGENT_SCRIPT_BASH ? "\\builtin" : "\\command")


#define AGENT_SCRIPT_CALL  "\\command eval \"$__sandbox_x\""


/* the trap must not break the loop itself: check $__sandbox */

#define AGENT_SCRIPT_TRAP                                                     \
    "trap 'case ${__sandbox-} in ?*)break;return 124;;esac 2>/dev/null' %d;"

/* comes first, hidden from "set -x" */

#define AGENT_SCRIPT_REPORT(builtin)                                          \
    "until until "                                                            \
    "{ __sandbox_status=$? __sandbox= __sandbox_x=;"                          \
    "case $- in *x*)__sandbox_x='" builtin " set -x;';"                       \
    builtin " set +x;;esac;} >/dev/null 2>&1;"

#define AGENT_SCRIPT_READY(builtin)                                           \
    "\\command exec </dev/null >/dev/null 2>&1;"                               \
    builtin " printf \"$__sandbox_status;\" >%s/s;"

#define AGENT_SCRIPT_EVAL(builtin)                                            \
    "do \\command exec >%s/o 2>%s/e;"                                       \
    "case $__sandbox in "                                                     \
    "\\'*)" builtin " eval "                                                  \
    "\"\\\\command eval \\\"\\$__sandbox_x\\\"$__sandbox\";;"                 \
    "*)" builtin " eval \"$__sandbox\";;esac;"                                \
    "done;"


/* an empty word means end of input */

#define AGENT_SCRIPT_AGAIN(builtin)                                           \
    "case $__sandbox in ?*)" builtin " eval \"$__sandbox_loop\";;esac"


static const char  agent_script_bash_loop[] =
    AGENT_SCRIPT_REPORT("\\builtin")
    "[[ ${__sandbox_undo-} ]]&&"
    "{ \\builtin eval \"$__sandbox_undo\";__sandbox_undo=;} "
    ">/dev/null 2>&1;"
    AGENT_SCRIPT_READY("\\builtin")
    "\\builtin read -r -d '' SANDBOX_COMMAND_ID <%s/c;"
    "\\builtin read -r -d '' __sandbox <%s/c;"
    "[[ ! $__sandbox ]];"
    AGENT_SCRIPT_EVAL("\\builtin")
    "[[ ! $__sandbox ]];do [[ x ]];done;"
    AGENT_SCRIPT_AGAIN("\\builtin");


static const char  agent_script_sh_loop[] =
    AGENT_SCRIPT_REPORT("\\command")
    "case ${__sandbox_undo-} in ?*)"
    "{ \\command cd -- \"$__sandbox_undo\";"
    "OLDPWD=${__sandbox_old-};__sandbox_undo=;} >/dev/null 2>&1;;esac;"
    AGENT_SCRIPT_READY("\\command")
    "\\command read -r SANDBOX_COMMAND_ID <%s/c;"
    "\\command read -r __sandbox <%s/c;"
    "case $__sandbox in ?*)! :;;esac;"
    AGENT_SCRIPT_EVAL("\\command")
    "case $__sandbox in ?*)! :;;esac;do :;done;"
    AGENT_SCRIPT_AGAIN("\\command");


char *
agent_script_loop(agent_script_kind_e kind, const char *dir)
{
    char                   *loop;
    agent_buffer_t   b;

    memset(&b, 0, sizeof(agent_buffer_t));

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    agent_buffer_printf(&b, kind == AGENT_SCRIPT_BASH ? agent_script_bash_loop
                                                   : agent_script_sh_loop,
                       dir, dir, dir, dir, dir);
#pragma GCC diagnostic pop

    loop = agent_buffer_take(&b);

    if (loop == NULL) {
        return NULL;
    }

    memset(&b, 0, sizeof(agent_buffer_t));

    agent_buffer_adds(&b, "readonly __sandbox_nl='\n' __sandbox_loop=");
    agent_script_quote(&b, AGENT_SCRIPT_BASH, loop);
    agent_buffer_printf(&b, ";" AGENT_SCRIPT_TRAP, AGENT_SCRIPT_SIGNAL);

    if (kind == AGENT_SCRIPT_BASH) {
        agent_buffer_adds(&b, "shopt -s expand_aliases;");
    }

    agent_buffer_adds(&b, "__sandbox_undo=;eval \"$__sandbox_loop\"");

    free(loop);

    return agent_buffer_take(&b);
}


char *
agent_script_text(agent_script_kind_e kind, const char *dir,
    const agent_script_call_t *call)
{
    size_t                  i;
    agent_buffer_t   b;

    memset(&b, 0, sizeof(agent_buffer_t));

    if (call->marker) {
        agent_script_subshell(&b, kind, dir, call);
        return agent_buffer_take(&b);
    }

    /* bash restores variables given to eval; unset ones are restored here */

    for (i = 0; call->env && call->env[i]; i += 2) {

        if (call->env[i + 1] == NULL && kind == AGENT_SCRIPT_BASH) {
            agent_buffer_printf(&b, "[[ -v %s ]]&&__sandbox_undo+=\"${%s[@]@A}"
                               ";\"&&\\builtin unset -v %s;", call->env[i],
                               call->env[i], call->env[i]);
        }
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

    agent_script_eval(&b, kind, dir, call);

    if (call->cwd) {
        agent_buffer_adds(&b, ";else ");
        agent_script_complain(&b, kind, call->cwd);
        agent_buffer_adds(&b, ";! :;fi");
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
                           "SANDBOX_COMMAND_ID=%s;"
                           "\\builtin printf 'p%%d;' \"$BASHPID\" >%s/s;",
                           call->marker, dir);

    } else {
        agent_buffer_printf(b, "((SANDBOX_COMMAND_ID=%s;"
                           "\\command read -r __sandbox </proc/self/stat;"
                           "\\command printf 'p%%d;' \"${__sandbox%%%% *}\" "
                           ">%s/s;", call->marker, dir);
    }

    agent_buffer_printf(b, "{ %s read -r __sandbox <%s/%s;} 2>/dev/null;"
                       "__sandbox=;", builtin, dir,
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
        agent_script_quote(b, kind, call->env[i + 1]);
        agent_buffer_adds(b, ";");
    }

    agent_buffer_adds(b, AGENT_SCRIPT_CALL);
    agent_script_quote(b, kind, call->line);

    if (call->stdin_name) {
        agent_buffer_printf(b, ") <%s/%s &)", dir, call->stdin_name);

    } else {
        agent_buffer_adds(b, ") </dev/null &)");
    }
}


static void
agent_script_eval(agent_buffer_t *b, agent_script_kind_e kind,
    const char *dir, const agent_script_call_t *call)
{
    size_t  i;

    /* most scripts are just the command line: the loop adds the rest */

    if (b->len == 0 && call->env == NULL) {
        agent_script_quote(b, kind, call->line);
        goto input;
    }

    for (i = 0; call->env && call->env[i]; i += 2) {

        if (call->env[i + 1] == NULL && kind == AGENT_SCRIPT_BASH) {
            continue;
        }

        agent_buffer_printf(b, "%s=", call->env[i]);
        agent_script_quote(b, kind, call->env[i + 1] ? call->env[i + 1] : "");
        agent_buffer_adds(b, " ");
    }

    /* bash assigns variables for the eval and restores them afterwards */

    agent_buffer_adds(b, AGENT_SCRIPT_CALL);

    for (i = 0; call->env && call->env[i]; i += 2) {

        if (call->env[i + 1] == NULL && kind == AGENT_SCRIPT_SH) {
            agent_buffer_printf(b, "'\\command unset %s;'", call->env[i]);
        }
    }

    agent_script_quote(b, kind, call->line);

input:

    if (call->stdin_name) {
        agent_buffer_printf(b, " <%s/%s", dir, call->stdin_name);
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
    agent_script_quote(b, kind, cwd);
    agent_buffer_adds(b, " >/dev/null 2>&1");
}


static void
agent_script_complain(agent_buffer_t *b, agent_script_kind_e kind,
    const char *cwd)
{
    agent_buffer_printf(b, "%s printf 'Failed to change directory to %%s\\n' ",
                       agent_script_builtin(kind));
    agent_script_quote(b, kind, cwd);
    agent_buffer_adds(b, " >&2");
}


char *
agent_script_follow(agent_script_kind_e kind, json_t *was, json_t *is,
    const char *text)
{
    json_t                 *value, *old;
    const char             *name;
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

    /* add what the loop would have added */

    if (b.len && text[0] == '\'') {
        agent_buffer_adds(&b, AGENT_SCRIPT_CALL);
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
        agent_script_quote(b, kind, was);
        agent_buffer_adds(b, ")");

    } else {
        agent_buffer_printf(b, "case ${%s+x} in '')", name);
    }

    if (is) {
        agent_buffer_printf(b, "%s export %s=", agent_script_builtin(kind),
                           name);
        agent_script_quote(b, kind, is);

    } else {
        agent_buffer_printf(b, "%s unset %s", agent_script_builtin(kind), name);
    }

    agent_buffer_adds(b, ";;esac;");
}


/* sh reads a single line: the script must not contain line feeds */

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
