
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "run/command.h"
#include "run/env.h"
#include "session/session.h"
#include "sys/identity.h"
#include "terminal/env.h"
#include "terminal/params.h"


#define AGENT_TERMINAL_ENV_PIECE  4096
#define AGENT_TERMINAL_ENV_SIZE   262144


static char *agent_terminal_env_session(agent_terminal_params_t *params,
    size_t *len);
static size_t agent_terminal_env_pair(const char **env, size_t n, char *text);


const char **
agent_terminal_env(agent_terminal_params_t *params, char **text)
{
    char         *p, *next;
    size_t        i, n, len;
    const char  **env;

    *text = agent_terminal_env_session(params, &len);

    n = 2 * (AGENT_TERMINAL_ENV + 2) + 1;

    for (p = *text; p && p < *text + len; p += strlen(p) + 1) {
        n += 2;
    }

    env = malloc(n * sizeof(char *));

    if (env == NULL) {
        free(*text);
        *text = NULL;
        return NULL;
    }

    n = 0;

    if (agent_env_image("LANG") == NULL
        && json_object_get(agent_env_vars(), "LANG") == NULL)
    {
        env[n++] = "LANG";
        env[n++] = "C.UTF-8";
    }

    for (p = *text; p && p < *text + len; p = next) {
        next = p + strlen(p) + 1;
        n = agent_terminal_env_pair(env, n, p);
    }

    env[n++] = "TERM";
    env[n++] = "xterm-256color";

    for (i = 0; params->env[i]; i++) {
        n = agent_terminal_env_pair(env, n, params->env[i]);
    }

    env[n] = NULL;

    return env;
}


static size_t
agent_terminal_env_pair(const char **env, size_t n, char *text)
{
    char  *value;

    value = strchr(text, '=');

    if (value) {
        *value = '\0';
        env[n++] = text;
        env[n++] = value + 1;
    }

    return n;
}


/* "NAME=value" and NUL, as often as there are variables; NULL if none */

static char *
agent_terminal_env_session(agent_terminal_params_t *params, size_t *len)
{
    int              fd;
    char             path[32], *p;
    pid_t            pid;
    ssize_t          n;
    agent_buffer_t   b;

    *len = 0;

    pid = params->session[0] ? agent_session_pid(params->session) : 0;

    if (pid == 0) {
        return NULL;
    }

    snprintf(path, sizeof(path), "/proc/%d/environ", (int) pid);

    /* root without CAP_SYS_PTRACE may not read it, but its user may */

    if (agent_identity_assume() != 0) {
        return NULL;
    }

    fd = open(path, O_RDONLY|O_CLOEXEC);

    agent_identity_restore();

    if (fd == -1) {
        return NULL;
    }

    memset(&b, 0, sizeof(agent_buffer_t));

    while (b.len < AGENT_TERMINAL_ENV_SIZE
           && (p = agent_buffer_reserve(&b, AGENT_TERMINAL_ENV_PIECE)))
    {
        n = read(fd, p, AGENT_TERMINAL_ENV_PIECE);

        if (n <= 0) {
            break;
        }

        b.len += n;
    }

    close(fd);

    *len = b.len;

    return agent_buffer_take(&b);
}


int
agent_terminal_env_cwd(agent_terminal_params_t *params, char *cwd)
{
    int      rc;
    char     path[32];
    pid_t    pid;
    ssize_t  n;

    pid = params->session[0] ? agent_session_pid(params->session) : 0;

    if (pid == 0 || agent_identity_assume() != 0) {
        return -1;
    }

    snprintf(path, sizeof(path), "/proc/%d/cwd", (int) pid);

    rc = -1;
    n = readlink(path, cwd, AGENT_COMMAND_CWD - 1);

    if (n > 0) {
        cwd[n] = '\0';

        /* one that was deleted has a name that is not there */
        rc = faccessat(AT_FDCWD, cwd, X_OK, 0);
    }

    agent_identity_restore();

    return rc;
}
