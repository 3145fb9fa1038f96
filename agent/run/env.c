
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/json.h"
#include "run/env.h"
#include "sys/child.h"
#include "sys/user.h"


#define AGENT_ENV_PATH                                                        \
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


#define AGENT_ENV_TIMEOUT  "COMMAND_TIMEOUT_MS"

/* size limit of the variables of a request, so that commands can start */
#define AGENT_ENV_SIZE     (1024 * 1024)


typedef struct {
    char    **list;
    size_t    n;
} agent_env_t;


static const char **agent_env_defaults(void);
static size_t agent_env_name_len(const char *s);
static char **agent_env_find(agent_env_t *env, const char *name, size_t len);
static void agent_env_put(agent_env_t *env, char *pair);
static size_t agent_env_change(agent_env_t *env, char *data,
    const char *name, const char *value);
static size_t agent_env_copy(char *dst, const char *name, const char *value);


/*
 * variables of the sandbox from "boot" and "configure"; those set by /api/env
 */
static json_t  *agent_env_own;
static json_t  *agent_env_added;

/* both merged, built on demand */
static json_t  *agent_env_both;

static char    agent_env_suffix[256];


void
agent_env_preview(const char *suffix)
{
    (void) snprintf(agent_env_suffix, sizeof(agent_env_suffix), "%s", suffix);
}


void
agent_env_set(char **list)
{
    char    **p, *value;
    json_t   *own;

    own = json_object();

    for (p = list; *p; p++) {
        value = strchr(*p, '=');

        if (value) {
            *value = '\0';
            json_object_set_new(own, *p, json_string(value + 1));
        }

        free(*p);
    }

    free(list);

    json_decref(agent_env_own);
    json_decref(agent_env_both);

    agent_env_own = own;
    agent_env_both = NULL;
}


int
agent_env_merge(json_t *vars)
{
    if (agent_env_added == NULL) {
        agent_env_added = json_object();
    }

    if (json_object_update(agent_env_added, vars) != 0) {
        return -1;
    }

    json_decref(agent_env_both);
    agent_env_both = NULL;

    return 0;
}


json_t *
agent_env_vars(void)
{
    if (agent_env_both == NULL) {
        agent_env_both = json_object();

        if (agent_env_own) {
            json_object_update(agent_env_both, agent_env_own);
        }

        if (agent_env_added) {
            json_object_update(agent_env_both, agent_env_added);
        }
    }

    return agent_env_both;
}


json_t *
agent_env_changes(json_t *vars)
{
    json_t      *now, *value, *changes;
    const char  *name, *image;

    now = agent_env_vars();

    if (now == vars || (changes = json_object()) == NULL) {
        return NULL;
    }

    json_object_foreach(vars, name, value) {

        if (json_object_get(now, name) == NULL) {
            image = agent_env_image(name);
            json_object_set_new(changes, name, image ? json_string(image)
                                                     : json_null());
        }
    }

    json_object_foreach(now, name, value) {

        if (!json_equal(value, json_object_get(vars, name))) {
            json_object_set(changes, name, value);
        }
    }

    if (json_object_size(changes) == 0) {
        json_decref(changes);
        return NULL;
    }

    return changes;
}


uint64_t
agent_env_timeout(void)
{
    size_t       len;
    json_t      *value;
    const char  *text;

    value = json_object_get(agent_env_vars(), AGENT_ENV_TIMEOUT);

    text = value ? json_string_value(value)
                 : agent_env_image(AGENT_ENV_TIMEOUT);

    len = text ? strspn(text, "0123456789") : 0;

    /* 15 digits: 30,000 years in ms */

    if (len == 0 || len > 15 || text[len] != '\0') {
        return 0;
    }

    return strtoull(text, NULL, 10);
}


/* the default value of a variable for all commands; "" if there is none */

static const char **
agent_env_defaults(void)
{
    static const char  *defaults[] = {
        "PATH", AGENT_ENV_PATH, "HOME", NULL, "USER", NULL, "LOGNAME", NULL,
        /* the host that Vite-based dev servers must accept */
        "__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS", agent_env_suffix,
        "SANDBOX_VERSION", AGENT_BUILD,
        NULL
    };

    defaults[3] = agent_user.home[0] ? agent_user.home : "/";
    defaults[5] = agent_user.name;
    defaults[7] = agent_user.name;

    return defaults;
}


const char *
agent_env_image(const char *name)
{
    const char   *value, **d;

    value = getenv(name);

    for (d = agent_env_defaults(); value == NULL && d[0]; d += 2) {

        if (strcmp(d[0], name) == 0 && d[1][0]) {
            value = d[1];
        }
    }

    return value;
}


char **
agent_env_build(const char *marker, const char **extra, const char **path)
{
    char         **p, *data, *block;
    json_t        *vars, *value;
    size_t         n, size, len;
    agent_env_t    env;
    const char   **x, *name;
    const char  **defaults;

    defaults = agent_env_defaults();

    /*
     * one block: first the pointers, then strings that are not held elsewhere
     */

    n = 2;
    size = sizeof(AGENT_CHILD_MARKER) + strlen(marker) + 1;

    for (p = environ; *p; p++) {
        n++;
    }

    vars = agent_env_vars();

    json_object_foreach(vars, name, value) {
        n++;
        size += strlen(name) + json_string_length(value) + 2;
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

    /* first, so that a scan of the environment finds it early */

    len = agent_env_copy(data, AGENT_CHILD_MARKER, marker);
    agent_env_put(&env, data);
    data += len;

    for (p = environ; *p; p++) {

        if (strchr(*p, '=') == NULL
            || strncmp(*p, AGENT_CHILD_MARKER "=", sizeof(AGENT_CHILD_MARKER))
               == 0)
        {
            continue;
        }

        /*
         * the engine sets it for user 0, which is the agent, not the command
         */

        if (agent_user.uid != 0
            && (strcmp(*p, "HOME=/") == 0 || strcmp(*p, "HOME=/root") == 0))
        {
            continue;
        }

        agent_env_put(&env, *p);
    }

    for (x = defaults; x[0]; x += 2) {

        if (x[1][0] && agent_env_find(&env, x[0], strlen(x[0])) == NULL) {
            len = agent_env_copy(data, x[0], x[1]);
            agent_env_put(&env, data);
            data += len;
        }
    }

    json_object_foreach(vars, name, value) {
        data += agent_env_change(&env, data, name, json_string_value(value));
    }

    for (x = extra; x && x[0]; x += 2) {
        data += agent_env_change(&env, data, x[0], x[1]);
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


/* keep the marker, which is first */

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


/* value NULL: unset; returns the number of bytes of data used */

static size_t
agent_env_change(agent_env_t *env, char *data, const char *name,
    const char *value)
{
    char    **p;
    size_t    len;

    if (value == NULL) {
        p = agent_env_find(env, name, strlen(name));

        if (p && p != env->list) {
            *p = env->list[--env->n];
        }

        return 0;
    }

    len = agent_env_copy(data, name, value);
    agent_env_put(env, data);

    return len;
}


static size_t
agent_env_copy(char *dst, const char *name, const char *value)
{
    return sprintf(dst, "%s=%s", name, value) + 1;
}


int
agent_env_name(const char *s)
{
    if (*s >= '0' && *s <= '9') {
        return 0;
    }

    if (*s == '\0') {
        return 0;
    }

    for ( /* void */ ; *s; s++) {

        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z')
              || (*s >= '0' && *s <= '9') || *s == '_'))
        {
            return 0;
        }
    }

    return 1;
}


int
agent_env_parse(json_t *json, const char ***env, agent_fault_t *fault)
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
        return agent_fault_invalid(fault, "env: must be an object with string "
                                   "values");
    }

    if (json_object_size(map) > AGENT_ENV_MAX) {
        return agent_fault_invalid(fault, "env: more than %d variables",
                                   AGENT_ENV_MAX);
    }

    list = malloc((json_object_size(map) * 2 + 1) * sizeof(char *));

    if (list == NULL) {
        return agent_fault_no_memory(fault);
    }

    n = 0;
    total = 0;

    json_object_foreach(map, name, value) {

        if (!agent_env_name(name)) {
            (void) agent_fault_invalid(fault, "Invalid environment variable "
                                       "name: %.128s", name);
            goto failed;
        }

        if (!json_is_null(value) && agent_json_string_of(value) == NULL) {
            (void) agent_fault_invalid(fault, "env.%.128s: must be a string "
                                       "without NUL", name);
            goto failed;
        }

        total += strlen(name) + json_string_length(value) + 2;

        if (total > AGENT_ENV_SIZE) {
            (void) agent_fault_invalid(fault, "env: larger than %d bytes",
                                       AGENT_ENV_SIZE);
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
