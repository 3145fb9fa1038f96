
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/json.h"
#include "context/params.h"
#include "run/command.h"
#include "run/env.h"


agent_context_t *
agent_context_params_context(json_t *body, agent_fault_t *fault)
{
    const char              *id;
    agent_context_t         *c;
    const agent_language_t  *language;

    if (agent_json_string(body, "context_id", &id, fault) != 0
        || (id == NULL
            && agent_json_string(body, "contextId", &id, fault) != 0)
        || agent_context_params_language(body, &language, fault) != 0)
    {
        return NULL;
    }

    if (id == NULL) {
        return agent_context_default(language ? language
                                              : &agent_language_list[0],
                                     fault);
    }

    c = agent_context_find(id);

    if (c == NULL) {
        (void) agent_fault_set(fault, 404, "CONTEXT_NOT_FOUND",
                               json_pack("{s:s}", "contextId", id),
                               "Context not found: %.64s. A context ends when "
                               "it is deleted, and when its sandbox sleeps.",
                               id);
        return NULL;
    }

    if (language && language != c->language) {
        (void) agent_fault_set(fault, 400, "VALIDATION_FAILED",
                               json_pack("{s:s}", "contextId", id),
                               "language: the context is of %s, not of %s",
                               c->language->title, language->title);
        return NULL;
    }

    return c;
}


json_t *
agent_context_params_cell(json_t *body, agent_context_t *c,
    uint64_t *timeout_ms, agent_fault_t *fault)
{
    char         cwd[AGENT_COMMAND_CWD];
    json_t      *env, *cell;
    const char  *text;

    if (agent_json_string(body, "code", &text, fault) != 0
        || agent_json_ms(body, "timeout_ms", timeout_ms, fault) != 0
        || agent_json_path(body, "cwd", c->cwd ? c->cwd : AGENT_WORKSPACE,
                           cwd, sizeof(cwd), fault)
           != 0
        || agent_context_params_env(body, &env, fault) != 0)
    {
        return NULL;
    }

    if (text == NULL) {
        json_decref(env);
        (void) agent_fault_invalid(fault, "code: a string is required");
        return NULL;
    }

    cell = json_pack("{s:O, s:s*, s:O*}",
                     "code", json_object_get(body, "code"),
                     "cwd", cwd[0] ? cwd : NULL,
                     "env", env ? json_object_get(env, "env") : NULL);
    json_decref(env);

    if (cell == NULL) {
        (void) agent_fault_no_memory(fault);
    }

    return cell;
}


int
agent_context_params_language(json_t *body, const agent_language_t **language,
    agent_fault_t *fault)
{
    const char  *name;

    *language = NULL;

    if (agent_json_string(body, "language", &name, fault) != 0) {
        return -1;
    }

    if (name == NULL) {
        return 0;
    }

    *language = agent_language_find(name);

    if (*language == NULL) {
        return agent_fault_invalid(fault, "language: must be \"python\", "
                                   "\"javascript\" or \"typescript\"");
    }

    return 0;
}


int
agent_context_params_env(json_t *body, json_t **env, agent_fault_t *fault)
{
    int           rc;
    json_t       *value;
    const char  **pairs;

    *env = NULL;
    value = json_object_get(body, "env_vars");

    if (value == NULL) {
        value = json_object_get(body, "envVars");
    }

    if (value == NULL || json_is_null(value)
        || (json_is_object(value) && json_object_size(value) == 0))
    {
        return 0;
    }

    *env = json_pack("{s:O}", "env", value);

    if (*env == NULL) {
        return agent_fault_no_memory(fault);
    }

    rc = agent_env_parse(*env, &pairs, fault);

    if (rc != 0) {
        json_decref(*env);
        *env = NULL;

    } else {
        free(pairs);
    }

    return rc;
}
