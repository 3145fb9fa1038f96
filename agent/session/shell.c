
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "base/buffer.h"
#include "base/loop.h"
#include "base/random.h"
#include "run/env.h"
#include "run/shell.h"
#include "run/workspace.h"
#include "session/pipes.h"
#include "session/script.h"
#include "session/script_loop.h"
#include "session/shell.h"
#include "sys/child.h"
#include "sys/spawn.h"
#include "sys/user.h"


/* digits of a session's marker; short, as it is read byte by byte */
#define AGENT_SHELL_DIGITS  8


static int agent_shell_watch(agent_shell_t *shell);
static int agent_shell_spawn(agent_shell_t *shell, char *const *env,
    const char *path);
static int agent_shell_exec(agent_shell_t *shell, agent_spawn_t *s,
    agent_script_kind_e kind);
static void agent_shell_readable(uv_poll_t *poll, int status, int events);
static void agent_shell_reported(agent_shell_t *shell);
static void agent_shell_end(agent_shell_t *shell, agent_buffer_t *b);
static void agent_shell_write(agent_shell_t *shell);
static void agent_shell_writable(uv_poll_t *poll, int status, int events);
static void agent_shell_account(agent_shell_t *shell);
static void agent_shell_exited(agent_child_t *child, int status);
static void agent_shell_closed(uv_handle_t *handle);


static const char *const  agent_shell_files[] = {
    "c", "s", "o", "e", AGENT_SCRIPT_DEBUG, AGENT_PIPES_INPUT, NULL
};


int
agent_shell_start(agent_shell_t *shell)
{
    int           fd, err;
    char        **env;
    const char   *path;

    shell->fd_text = -1;
    shell->fd_report = -1;
    shell->fd_gate = -1;
    shell->fd_gate_prev = -1;
    shell->fd_input = -1;
    shell->fd_stat = -1;

    /* one for the child; each handle adds one */
    shell->refs = 1;

    agent_random_hex(shell->child.marker, AGENT_SHELL_DIGITS + 1);

    shell->child.on_exit = agent_shell_exited;
    shell->child.data = shell;

    err = agent_pipes_directory(shell);

    if (err) {
        return err;
    }

    /* open read-write, so that the other end may be closed and reopened */

    err = agent_pipes_fifo(shell, "c", O_RDWR, &shell->fd_text);

    if (err == 0) {
        err = agent_pipes_fifo(shell, "s", O_RDWR, &shell->fd_report);
    }

    if (err == 0) {
        err = agent_pipes_file(shell, AGENT_SCRIPT_DEBUG, &fd);
    }

    if (err == 0) {
        close(fd);
        err = agent_shell_watch(shell);
    }

    if (err == 0) {
        env = agent_env_build(shell->child.marker, shell->env, &path);
        err = env ? agent_shell_spawn(shell, env, path) : ENOMEM;
        free(env);
    }

    if (err) {
        agent_shell_close(shell);
    }

    return err;
}


static int
agent_shell_watch(agent_shell_t *shell)
{
    if (uv_poll_init(agent_loop, &shell->report_poll, shell->fd_report) != 0) {
        return ENOMEM;
    }

    shell->refs++;
    shell->report_poll.data = shell;

    if (uv_poll_init(agent_loop, &shell->text_poll, shell->fd_text) != 0) {
        return ENOMEM;
    }

    shell->refs++;
    shell->text_poll.data = shell;

    return uv_poll_start(&shell->report_poll, UV_READABLE, agent_shell_readable)
           == 0 ? 0 : ENOMEM;
}


static int
agent_shell_spawn(agent_shell_t *shell, char *const *env, const char *path)
{
    int             err;
    size_t          i;
    agent_spawn_t   s;
    const char     *places[3];

    memset(&s, 0, sizeof(agent_spawn_t));

    s.out = open("/dev/null", O_WRONLY|O_CLOEXEC|O_NOCTTY);

    if (s.out == -1) {

        /* fall back to an anonymous file */

        s.out = memfd_create("null", MFD_CLOEXEC);

        if (s.out == -1) {
            return errno;
        }
    }

    s.err = s.out;
    s.in = -1;
    s.env = env;
    s.path = path;
    s.user = &agent_user;

    agent_workspace_make();

    places[0] = shell->cwd ? shell->cwd : AGENT_WORKSPACE;
    places[1] = agent_user.home[0] ? agent_user.home : "/root";
    places[2] = "/";

    for (i = 0; i < 3; i++) {
        s.cwd = places[i];

        err = agent_shell_exec(shell, &s, AGENT_SCRIPT_BASH);

        if (err == ENOENT && s.stage == AGENT_SPAWN_EXEC) {
            err = agent_shell_exec(shell, &s, AGENT_SCRIPT_SH);
        }

        if (err == 0 || s.stage != AGENT_SPAWN_CWD) {
            break;
        }
    }

    close(s.out);

    return err;
}


static int
agent_shell_exec(agent_shell_t *shell, agent_spawn_t *s,
    agent_script_kind_e kind)
{
    int     err;
    char   *argv[8], *loop, stat[32];
    size_t  n;

    loop = agent_script_loop(kind, shell->dir);

    if (loop == NULL) {
        s->stage = AGENT_SPAWN_SETUP;
        return ENOMEM;
    }

    n = 0;
    argv[n++] = kind == AGENT_SCRIPT_BASH ? "bash" : "sh";

    if (kind == AGENT_SCRIPT_BASH) {
        argv[n++] = "--norc";
        argv[n++] = "--noprofile";
    }

    argv[n++] = "-c";
    argv[n++] = loop;
    argv[n++] = argv[0];
    argv[n++] = "\n";
    argv[n] = NULL;

    s->programs = kind == AGENT_SCRIPT_BASH ? agent_run_shell_bash
                                           : agent_run_shell_sh;
    s->argv = argv;
    /* a multi-call binary is selected by its name */
    s->rename = (kind == AGENT_SCRIPT_SH);

    err = agent_spawn(&shell->child, s);

    free(loop);

    if (err) {
        return err;
    }

    shell->kind = kind;
    shell->program = kind == AGENT_SCRIPT_SH ? s->programs[s->program] : NULL;

    snprintf(stat, sizeof(stat), "/proc/%d/stat", (int) shell->child.pid);
    shell->fd_stat = open(stat, O_RDONLY|O_CLOEXEC);

    return 0;
}


void
agent_shell_marker(agent_shell_t *shell, char *marker)
{
    snprintf(marker, AGENT_CHILD_MARKER_SIZE, "%.*s.%llx", AGENT_SHELL_DIGITS,
             shell->child.marker, (unsigned long long) ++shell->commands);
}


int
agent_shell_run(agent_shell_t *shell, const char *marker, const char *script,
    const char *line)
{
    agent_buffer_t  b;

    memset(&b, 0, sizeof(agent_buffer_t));

    agent_buffer_add(&b, marker, strlen(marker));
    agent_shell_end(shell, &b);

    if (script[0]) {
        agent_buffer_add(&b, script, strlen(script));

        /* IFS may contain any character, and a trailing one is stripped */

        agent_buffer_adds(&b, " #");
    }

    agent_shell_end(shell, &b);

    agent_buffer_add(&b, line, strlen(line));

    if (shell->kind == AGENT_SCRIPT_SH) {
        agent_buffer_adds(&b, " #");
    }

    agent_shell_end(shell, &b);

    shell->text_len = b.len;
    shell->text_sent = 0;
    shell->text = agent_buffer_take(&b);

    if (shell->text == NULL) {
        shell->text_len = 0;
        return ENOMEM;
    }

    agent_shell_write(shell);

    return 0;
}


/* of a word that the loop reads */

static void
agent_shell_end(agent_shell_t *shell, agent_buffer_t *b)
{
    agent_buffer_add(b, shell->kind == AGENT_SCRIPT_BASH ? "" : "\n", 1);
}


static void
agent_shell_write(agent_shell_t *shell)
{
    ssize_t  n;

    while (shell->text_sent < shell->text_len) {
        n = write(shell->fd_text, shell->text + shell->text_sent,
                  shell->text_len - shell->text_sent);

        if (n <= 0) {

            /* continue when the shell has read */

            uv_poll_start(&shell->text_poll, UV_WRITABLE,
                          agent_shell_writable);
            return;
        }

        shell->text_sent += n;
    }

    free(shell->text);

    shell->text = NULL;
    shell->text_len = 0;
    shell->text_sent = 0;
}


static void
agent_shell_writable(uv_poll_t *poll, int status, int events)
{
    agent_shell_t  *shell;

    shell = poll->data;

    uv_poll_stop(poll);
    agent_shell_write(shell);
}


static void
agent_shell_readable(uv_poll_t *poll, int status, int events)
{
    char            buf[256];
    ssize_t         i, n;
    agent_shell_t  *shell;

    shell = poll->data;

    n = read(shell->fd_report, buf, sizeof(buf));

    for (i = 0; i < n && !shell->ended; i++) {

        if (agent_script_report(&shell->report, buf[i]) == 1) {
            agent_shell_reported(shell);
            shell->report.what = '\0';
        }
    }
}


static void
agent_shell_reported(agent_shell_t *shell)
{
    if (shell->report.what == 'p') {
        shell->on_subshell(shell, shell->report.number);
        return;
    }

    if (!shell->ready) {
        shell->ready = 1;
        return;
    }

    if (shell->text) {

        /* the script has not been read yet: this is not from the shell */

        return;
    }

    agent_pipes_remove(shell, "o");
    agent_pipes_remove(shell, "e");

    agent_shell_account(shell);

    shell->on_report(shell, shell->report.number & 255);
}


/* CPU time in steps of 10 ms, including waited-for children */

static void
agent_shell_account(agent_shell_t *shell)
{
    char           buf[1024], *p;
    ssize_t        n;
    uint64_t       cpu;
    unsigned long  t[4];

    shell->cpu_ms = -1;

    n = shell->fd_stat != -1 ? pread(shell->fd_stat, buf, sizeof(buf) - 1, 0)
                             : -1;
    if (n <= 0) {
        return;
    }

    buf[n] = '\0';
    p = strrchr(buf, ')');

    if (p == NULL || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u"
                            " %*u %lu %lu %lu %lu",
                            &t[0], &t[1], &t[2], &t[3]) != 4)
    {
        return;
    }

    cpu = t[0] + t[1] + t[2] + t[3];

    shell->cpu_ms = (cpu - shell->cpu) * 10;
    shell->cpu = cpu;
}


static void
agent_shell_exited(agent_child_t *child, int status)
{
    agent_shell_t  *shell;

    shell = child->data;

    shell->cpu_ms = child->cpu_ms - (int64_t) shell->cpu * 10;

    if (shell->cpu_ms < 0) {
        shell->cpu_ms = 0;
    }

    agent_shell_close(shell);

    if (WIFSIGNALED(status)) {
        shell->on_exit(shell, 0, WTERMSIG(status));

    } else {
        shell->on_exit(shell, WEXITSTATUS(status), 0);
    }
}


void
agent_shell_close(agent_shell_t *shell)
{
    size_t  i;

    if (shell->ended) {
        return;
    }

    shell->ended = 1;

    if (shell->report_poll.data) {
        uv_poll_stop(&shell->report_poll);
        uv_close((uv_handle_t *) &shell->report_poll, agent_shell_closed);
    }

    if (shell->text_poll.data) {
        uv_poll_stop(&shell->text_poll);
        uv_close((uv_handle_t *) &shell->text_poll, agent_shell_closed);
    }

    agent_pipes_input_done(shell);
    agent_pipes_gate_close(shell);

    for (i = 0; agent_shell_files[i]; i++) {
        agent_pipes_remove(shell, agent_shell_files[i]);
    }

    if (shell->dir[0]) {
        rmdir(shell->dir);
    }

    if (shell->fd_text != -1) {
        close(shell->fd_text);
    }

    if (shell->fd_report != -1) {
        close(shell->fd_report);
    }

    if (shell->fd_gate_prev != -1) {
        close(shell->fd_gate_prev);
    }

    if (shell->fd_stat != -1) {
        close(shell->fd_stat);
    }

    free(shell->text);
    shell->text = NULL;
}


void
agent_shell_free(agent_shell_t *shell)
{
    if (shell->refs <= 1) {
        free(shell);
        return;
    }

    shell->refs--;
}


static void
agent_shell_closed(uv_handle_t *handle)
{
    agent_shell_free(handle->data);
}
