
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "control/options.h"
#include "run/env.h"
#include "sys/spawn.h"


static char **agent_options_env(json_t *json);


int
agent_options_parse(agent_options_t *options, json_t *json, const char **what)
{
    json_t  *value;

    options->env = NULL;
    options->sleep_after_ms = -1;
    options->keep_alive = -1;
    options->generation = -1;
    options->nofile = 0;

    value = json_object_get(json, "sleep_after_ms");

    if (value) {

        if (!json_is_integer(value) || json_integer_value(value) < 0) {
            *what = "sleep_after_ms";
            return -1;
        }

        options->sleep_after_ms = json_integer_value(value);
    }

    value = json_object_get(json, "keep_alive");

    if (value) {

        if (!json_is_boolean(value)) {
            *what = "keep_alive";
            return -1;
        }

        options->keep_alive = json_is_true(value);
    }

    value = json_object_get(json, "generation");

    if (value) {

        if (!json_is_integer(value) || json_integer_value(value) < 0) {
            *what = "generation";
            return -1;
        }

        options->generation = json_integer_value(value);
    }

    value = json_object_get(json, "limits");

    if (value && !json_is_object(value)) {
        *what = "limits";
        return -1;
    }

    value = json_object_get(value, "nofile");

    if (value) {

        if (!json_is_integer(value) || json_integer_value(value) <= 0) {
            *what = "limits";
            return -1;
        }

        options->nofile = json_integer_value(value);
    }

    value = json_object_get(json, "preview_suffix");

    if (value && !json_is_string(value) && !json_is_null(value)) {
        *what = "preview_suffix";
        return -1;
    }

    value = json_object_get(json, "env");

    if (value) {
        options->env = agent_options_env(value);

        if (options->env == NULL) {
            *what = "env";
            return -1;
        }
    }

    return 0;
}


static char **
agent_options_env(json_t *json)
{
    char        **list;
    size_t        n, len;
    json_t       *value;
    const char   *name;

    if (!json_is_object(json)) {
        return NULL;
    }

    list = calloc(json_object_size(json) + 1, sizeof(char *));

    if (list == NULL) {
        return NULL;
    }

    n = 0;

    json_object_foreach(json, name, value) {

        if (!agent_env_name(name) || agent_json_string_of(value) == NULL) {
            goto failed;
        }

        len = strlen(name) + json_string_length(value) + 2;
        list[n] = malloc(len);

        if (list[n] == NULL) {
            goto failed;
        }

        snprintf(list[n++], len, "%s=%s", name, json_string_value(value));
    }

    return list;

failed:

    while (n) {
        free(list[--n]);
    }

    free(list);

    return NULL;
}


void
agent_options_apply(agent_options_t *options)
{
    if (options->env) {
        agent_env_set(options->env);
        options->env = NULL;
    }

    if (options->nofile) {
        agent_spawn_limit_files(options->nofile);
    }
}


void
agent_options_free(agent_options_t *options)
{
    char  **p;

    if (options->env == NULL) {
        return;
    }

    for (p = options->env; *p; p++) {
        free(*p);
    }

    free(options->env);
    options->env = NULL;
}
