
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "child.h"


#define AGENT_ENV_PATH                                                        \
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


typedef struct {
    char    **list;
    size_t    n;
} agent_env_t;


static size_t agent_env_name_len(const char *s);
static char **agent_env_find(agent_env_t *env, const char *name, size_t len);
static void agent_env_put(agent_env_t *env, char *pair);
static size_t agent_env_copy(char *dst, const char *name, const char *value);


/* of the sandbox: boot's "env", and later configure's */
static char  **agent_env_own;

static char    agent_env_suffix[256];


void
agent_env_preview(const char *suffix)
{
    (void) snprintf(agent_env_suffix, sizeof(agent_env_suffix), "%s", suffix);
}


void
agent_env_set(char **list)
{
    char  **p;

    if (agent_env_own) {

        for (p = agent_env_own; *p; p++) {
            free(*p);
        }

        free(agent_env_own);
    }

    agent_env_own = list;
}


char **
agent_env_build(const char *marker, const char **extra, const char **path)
{
    char         **p, *data, *block;
    size_t         n, size, len;
    agent_env_t    env;
    const char   **x;

    const char  *defaults[] = {
        "PATH", AGENT_ENV_PATH,
        "HOME", agent_user.home[0] ? agent_user.home : "/",
        "USER", agent_user.name,
        "LOGNAME", agent_user.name,
        /* a host that Vite and what is built on it are to answer to */
        "__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS", agent_env_suffix,
        NULL
    };

    /* pointers first, then the text that the agent does not hold already */

    n = 2;
    size = sizeof(AGENT_MARKER) + strlen(marker) + 1;

    for (p = environ; *p; p++) {
        n++;
    }

    for (p = agent_env_own; p && *p; p++) {
        n++;
    }

    for (x = defaults; x[0]; x += 2) {
        n++;
        size += strlen(x[0]) + strlen(x[1]) + 2;
    }

    for (x = extra; x && x[0]; x += 2) {
        n++;
        size += strlen(x[0]) + (x[1] ? strlen(x[1]) : 0) + 2;
    }

    block = malloc(n * sizeof(char *) + size);

    if (block == NULL) {
        return NULL;
    }

    env.list = (char **) block;
    env.n = 0;
    data = block + n * sizeof(char *);

    /* first, where a scan finds it soonest */

    len = agent_env_copy(data, AGENT_MARKER, marker);
    agent_env_put(&env, data);
    data += len;

    for (p = environ; *p; p++) {

        if (strchr(*p, '=') == NULL
            || strncmp(*p, AGENT_MARKER "=", sizeof(AGENT_MARKER)) == 0)
        {
            continue;
        }

        /* the engine's, for user 0, who is us and not the command's */

        if (agent_user.uid != 0
            && (strcmp(*p, "HOME=/") == 0 || strcmp(*p, "HOME=/root") == 0))
        {
            continue;
        }

        agent_env_put(&env, *p);
    }

    for (p = agent_env_own; p && *p; p++) {
        agent_env_put(&env, *p);
    }

    for (x = defaults; x[0]; x += 2) {

        if (x[1][0] && agent_env_find(&env, x[0], strlen(x[0])) == NULL) {
            len = agent_env_copy(data, x[0], x[1]);
            agent_env_put(&env, data);
            data += len;
        }
    }

    for (x = extra; x && x[0]; x += 2) {

        if (x[1] == NULL) {
            p = agent_env_find(&env, x[0], strlen(x[0]));

            if (p && p != env.list) {
                *p = env.list[--env.n];
            }

            continue;
        }

        len = agent_env_copy(data, x[0], x[1]);
        agent_env_put(&env, data);
        data += len;
    }

    env.list[env.n] = NULL;

    p = agent_env_find(&env, "PATH", 4);
    *path = p ? *p + 5 : AGENT_ENV_PATH;

    return env.list;
}


static size_t
agent_env_name_len(const char *s)
{
    return strcspn(s, "=");
}


static char **
agent_env_find(agent_env_t *env, const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < env->n; i++) {

        if (strncmp(env->list[i], name, len) == 0
            && env->list[i][len] == '=')
        {
            return &env->list[i];
        }
    }

    return NULL;
}


/* the marker, which is the first, stays */

static void
agent_env_put(agent_env_t *env, char *pair)
{
    char  **old;

    old = agent_env_find(env, pair, agent_env_name_len(pair));

    if (old == NULL) {
        env->list[env->n++] = pair;

    } else if (old != env->list) {
        *old = pair;
    }
}


static size_t
agent_env_copy(char *dst, const char *name, const char *value)
{
    return sprintf(dst, "%s=%s", name, value) + 1;
}
