
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "control/options.h"
#include "run/env.h"


static char **agent_options_env(json_t *json);


int
agent_options_parse(agent_options_t *s, json_t *json, const char **what)
{
    json_t  *value;

    s->env = NULL;
    s->sleep_after_ms = -1;
    s->keep_alive = -1;
    s->generation = -1;
    s->nofile = 0;

    value = json_object_get(json, "sleep_after_ms");

    if (value) {

        if (!json_is_integer(value) || json_integer_value(value) < 0) {
            *what = "sleep_after_ms";
            return -1;
        }

        s->sleep_after_ms = json_integer_value(value);
    }

    value = json_object_get(json, "keep_alive");

    if (value) {

        if (!json_is_boolean(value)) {
            *what = "keep_alive";
            return -1;
        }

        s->keep_alive = json_is_true(value);
    }

    value = json_object_get(json, "generation");

    if (value) {

        if (!json_is_integer(value) || json_integer_value(value) < 0) {
            *what = "generation";
            return -1;
        }

        s->generation = json_integer_value(value);
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

        s->nofile = json_integer_value(value);
    }

    value = json_object_get(json, "preview_suffix");

    if (value && !json_is_string(value) && !json_is_null(value)) {
        *what = "preview_suffix";
        return -1;
    }

    value = json_object_get(json, "env");

    if (value) {
        s->env = agent_options_env(value);

        if (s->env == NULL) {
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
agent_options_free(agent_options_t *s)
{
    char  **p;

    if (s->env == NULL) {
        return;
    }

    for (p = s->env; *p; p++) {
        free(*p);
    }

    free(s->env);
    s->env = NULL;
}
