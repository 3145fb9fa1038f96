
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base.h"
#include "base/utf8.h"
#include "run/command.h"


/* what a command's environment may hold, and still start */
#define AGENT_EXEC_ENV_SIZE  (1024 * 1024)

/* a timer beyond this is none */
#define AGENT_EXEC_TIMEOUT_MAX  (365ULL * 24 * 3600 * 1000)


static const char  *const agent_signals[] = {
    "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL",
    "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT",
    "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
    "WINCH", "IO", "PWR", "SYS"
};

#define AGENT_SIGNALS                                                         \
    (int) (sizeof(agent_signals) / sizeof(agent_signals[0]))


int
agent_exec_env(json_t *json, const char ***env, char *error, size_t size)
{
    size_t         n, total;
    json_t        *map, *value;
    const char    *name, **list;

    *env = NULL;

    map = json_object_get(json, "env");

    if (map == NULL || json_is_null(map)) {
        return 0;
    }

    if (!json_is_object(map)) {
        snprintf(error, size, "env: not an object of strings");
        return -1;
    }

    if (json_object_size(map) > AGENT_EXEC_ENV_MAX) {
        snprintf(error, size, "env: more than %d variables",
                 AGENT_EXEC_ENV_MAX);
        return -1;
    }

    list = malloc((json_object_size(map) * 2 + 1) * sizeof(char *));

    if (list == NULL) {
        snprintf(error, size, "env: out of memory");
        return -1;
    }

    n = 0;
    total = 0;

    json_object_foreach(map, name, value) {

        if (!agent_env_name(name)) {
            snprintf(error, size, "Invalid environment variable name: "
                     "%.128s", name);
            goto failed;
        }

        if (!json_is_null(value)
            && (!json_is_string(value) || strlen(json_string_value(value))
                                          != json_string_length(value)))
        {
            snprintf(error, size, "env.%.128s: not a string without NUL",
                     name);
            goto failed;
        }

        total += strlen(name) + json_string_length(value) + 2;

        if (total > AGENT_EXEC_ENV_SIZE) {
            snprintf(error, size, "env: larger than %d bytes",
                     AGENT_EXEC_ENV_SIZE);
            goto failed;
        }

        list[n++] = name;
        list[n++] = json_string_value(value);
    }

    list[n] = NULL;
    *env = list;

    return 0;

failed:

    free(list);

    return -1;
}


int
agent_exec_cwd(json_t *json, char *cwd, char *error, size_t size)
{
    json_t  *value;

    cwd[0] = '\0';

    value = json_object_get(json, "cwd");

    if (value == NULL || json_is_null(value)) {
        return 0;
    }

    if (!json_is_string(value)
        || strlen(json_string_value(value)) != json_string_length(value)
        || agent_path_normalize(cwd, AGENT_EXEC_CWD, AGENT_WORKSPACE,
                                json_string_value(value)) != 0)
    {
        snprintf(error, size, "cwd: not a path of at most 4096 bytes");
        return -1;
    }

    return 0;
}


int
agent_exec_timeout(json_t *json, const char *name, uint64_t *ms, char *error,
    size_t size)
{
    double   number;
    json_t  *value;

    *ms = 0;

    value = json_object_get(json, name);

    if (value == NULL || json_is_null(value)) {
        return 0;
    }

    number = json_number_value(value);

    if (!json_is_number(value) || !(number >= 0)) {
        snprintf(error, size, "%s: not a number of milliseconds", name);
        return -1;
    }

    if (number >= (double) AGENT_EXEC_TIMEOUT_MAX) {
        *ms = AGENT_EXEC_TIMEOUT_MAX;

    } else {
        *ms = (uint64_t) number;

        /* a part of a millisecond is not "no limit" */

        if (*ms == 0 && number > 0) {
            *ms = 1;
        }
    }

    return 0;
}


const char *
agent_signal_name(int sig, char *buf)
{
    if (sig > 0 && sig < AGENT_SIGNALS) {
        snprintf(buf, 16, "SIG%s", agent_signals[sig]);

    } else {
        snprintf(buf, 16, "SIG%d", sig);
    }

    return buf;
}


int
agent_signal_number(const char *name)
{
    int      i;
    size_t   n;

    if (strncasecmp(name, "SIG", 3) == 0) {
        name += 3;
    }

    n = strspn(name, "0123456789");

    if (n && name[n] == '\0') {
        return n <= 2 && atoi(name) < _NSIG ? atoi(name) : 0;
    }

    for (i = 1; i < AGENT_SIGNALS; i++) {

        if (strcasecmp(agent_signals[i], name) == 0) {
            return i;
        }
    }

    return 0;
}


void
agent_exit_json(json_t *json, const agent_exit_t *e)
{
    char  name[16];

    static const char *const  outcomes[] = {
        "exited", "signaled", "timed_out", "oom_killed", "lost"
    };

    json_object_set_new(json, "duration", json_integer(e->duration));
    json_object_set_new(json, "outcome", json_string(outcomes[e->outcome]));

    if (e->signal) {
        json_object_set_new(json, "signal",
                            json_string(agent_signal_name(e->signal, name)));
    }

    if (e->timed_out) {
        json_object_set_new(json, "timedOut", json_true());
    }

    if (e->cpu_ms >= 0) {
        json_object_set_new(json, "cpuTime", json_integer(e->cpu_ms));
    }

    if (e->peak >= 0) {
        json_object_set_new(json, "peakMemory", json_integer(e->peak));
    }
}


int
agent_exec_code(agent_command_t *cmd, int err)
{
    if (cmd->stage != AGENT_SPAWN_EXEC) {
        return 0;
    }

    switch (err) {

    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
        return 127;

    case EACCES:
    case EPERM:
    case ENOEXEC:
    case EISDIR:
    case ETXTBSY:
    case ELIBBAD:
        return 126;

    default:
        return 0;
    }
}


void
agent_exec_reason(agent_command_t *cmd, int err, const char *program,
    char *buf, size_t size)
{
    switch (cmd->stage) {

    case AGENT_SPAWN_CWD:
        snprintf(buf, size, "cannot change to directory %.256s: %s",
                 cmd->cwd ? cmd->cwd : AGENT_WORKSPACE, strerror(err));
        break;

    case AGENT_SPAWN_EXEC:

        if (err == ENOENT && strchr(program, '/') == NULL) {
            snprintf(buf, size, "%.256s: command not found", program);

        } else {
            snprintf(buf, size, "%.256s: %s", program, strerror(err));
        }

        break;

    default:
        snprintf(buf, size, "cannot start a process: %s", strerror(err));
    }
}
