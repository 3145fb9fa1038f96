
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
#include "session/script_loop.h"


/*
 * Scripts for the loop (script_loop.c) of the shell of a session: they prepare
 * a command line and run it.  User input is quoted as data.
 */


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
 * The loop keeps the code of a subshell, as the shell reads a script byte by
 * byte: what differs is its standard input, and what it does before it runs
 * the command line.
 */

static void
agent_script_subshell(agent_buffer_t *b, agent_script_kind_e kind,
    const char *dir, const agent_script_call_t *call)
{
    size_t           i;
    char            *text;
    const char      *builtin;
    agent_buffer_t   prepare;

    builtin = agent_script_builtin(kind);

    memset(&prepare, 0, sizeof(agent_buffer_t));

    if (call->cwd) {
        agent_script_chdir(&prepare, kind, call->cwd);
        agent_buffer_adds(&prepare, "||{ ");
        agent_script_complain(&prepare, kind, call->cwd);
        agent_buffer_printf(&prepare, ";%s exit 1;};", builtin);
    }

    for (i = 0; call->env && call->env[i]; i += 2) {

        if (call->env[i + 1] == NULL) {
            agent_buffer_printf(&prepare, "%s unset %s;", builtin,
                                call->env[i]);
            continue;
        }

        agent_buffer_printf(&prepare, "%s export %s=", builtin, call->env[i]);
        agent_script_quote(&prepare, AGENT_SCRIPT_SH, call->env[i + 1]);
        agent_buffer_adds(&prepare, ";");
    }

    if (prepare.len) {
        text = agent_buffer_take(&prepare);

        if (text == NULL) {
            b->failed = 1;
            return;
        }

        agent_buffer_adds(b, "__sandbox_h=");
        agent_script_quote(b, AGENT_SCRIPT_SH, text);
        agent_buffer_adds(b, ";");

        free(text);
    }

    if (call->stdin_name) {
        agent_buffer_printf(b, "__sandbox_i=%s/%s;", dir, call->stdin_name);
    }

    agent_buffer_printf(b, "%s eval \"$__sandbox_b\"", builtin);

    if (call->cwd || call->env || call->stdin_name) {
        agent_buffer_adds(b, ";__sandbox_h= __sandbox_i=");
    }
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

void
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
