
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/time.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "run/env.h"
#include "session/env_routes.h"


/* limit of all variables of the sandbox that commands can still take */
#define AGENT_ENV_ROUTES_MAX     (1024 * 1024)
#define AGENT_ENV_ROUTES_NAMES   4096


static void agent_env_routes_answer(agent_request_t *r);


void
agent_env_routes_get(agent_request_t *r)
{
    agent_env_routes_answer(r);
}


void
agent_env_routes_post(agent_request_t *r, json_t *body)
{
    size_t          size, n;
    json_t         *vars, *all, *value;
    const char     *name, **env;
    agent_fault_t   fault;

    if (agent_env_parse(body, &env, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        return;
    }

    free(env);

    vars = json_object_get(body, "env");

    if (!json_is_object(vars)) {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL,
                         "env: an object with string values is required");
        return;
    }

    all = json_copy(agent_env_vars());

    if (all == NULL || json_object_update(all, vars) != 0) {
        json_decref(all);
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    size = 0;
    n = json_object_size(all);

    json_object_foreach(all, name, value) {
        size += strlen(name) + json_string_length(value) + 2;
    }

    json_decref(all);

    if (n > AGENT_ENV_ROUTES_NAMES || size > AGENT_ENV_ROUTES_MAX) {
        agent_http_error(r, 413, "VALIDATION_FAILED", NULL,
                         "env: the sandbox may have at most %d variables, of "
                         "%d bytes in total", AGENT_ENV_ROUTES_NAMES,
                         AGENT_ENV_ROUTES_MAX);
        return;
    }

    if (agent_env_merge(vars) != 0) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    agent_env_routes_answer(r);
}


/* only names: the values may be secrets */

static void
agent_env_routes_answer(agent_request_t *r)
{
    char         stamp[32];
    json_t      *names, *unset, *vars, *value;
    const char  *name;

    vars = agent_env_vars();
    names = json_array();
    unset = json_array();

    json_object_foreach(vars, name, value) {
        json_array_append_new(json_is_null(value) ? unset : names,
                              json_string(name));
    }

    agent_response_json(r, 200, json_pack("{s:b, s:o, s:o, s:s}",
                                          "success", 1,
                                          "names", names,
                                          "unset", unset,
                                          "timestamp", agent_time_iso(stamp)));
}
