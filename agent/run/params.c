
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/path.h"
#include "run/env.h"
#include "run/params.h"


/* what a command's environment may hold, and still start */
#define AGENT_PARAMS_ENV_SIZE  (1024 * 1024)

/* a timer beyond this is none */
#define AGENT_PARAMS_TIMEOUT_MAX  (365ULL * 24 * 3600 * 1000)


int
agent_params_env(json_t *json, const char ***env, char *error, size_t size)
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
        snprintf(error, size, "env: must be an object with string values");
        return -1;
    }

    if (json_object_size(map) > AGENT_PARAMS_ENV_MAX) {
        snprintf(error, size, "env: more than %d variables",
                 AGENT_PARAMS_ENV_MAX);
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
            snprintf(error, size, "env.%.128s: must be a string without NUL",
                     name);
            goto failed;
        }

        total += strlen(name) + json_string_length(value) + 2;

        if (total > AGENT_PARAMS_ENV_SIZE) {
            snprintf(error, size, "env: larger than %d bytes",
                     AGENT_PARAMS_ENV_SIZE);
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
agent_params_cwd(json_t *json, char *cwd, char *error, size_t size)
{
    json_t  *value;

    cwd[0] = '\0';

    value = json_object_get(json, "cwd");

    if (value == NULL || json_is_null(value)) {
        return 0;
    }

    if (!json_is_string(value)
        || strlen(json_string_value(value)) != json_string_length(value)
        || agent_path_normalize(cwd, AGENT_PARAMS_CWD, AGENT_WORKSPACE,
                                json_string_value(value)) != 0)
    {
        snprintf(error, size, "cwd: must be a path of at most 4096 bytes");
        return -1;
    }

    return 0;
}


int
agent_params_timeout(json_t *json, const char *name, uint64_t *ms, char *error,
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
        snprintf(error, size, "%s: must be a number of milliseconds", name);
        return -1;
    }

    if (number >= (double) AGENT_PARAMS_TIMEOUT_MAX) {
        *ms = AGENT_PARAMS_TIMEOUT_MAX;

    } else {
        *ms = (uint64_t) number;

        /* a part of a millisecond is not "no limit" */

        if (*ms == 0 && number > 0) {
            *ms = 1;
        }
    }

    return 0;
}
