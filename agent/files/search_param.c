
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "files/list_walk.h"
#include "files/param.h"
#include "files/search_param.h"


#define AGENT_SEARCH_PARAM_LIMIT    1000
#define AGENT_SEARCH_PARAM_MOST     1000000
#define AGENT_SEARCH_PARAM_TIMEOUT  30000      /* ms */
#define AGENT_SEARCH_PARAM_LONGEST  600000


static int agent_search_param_pattern(json_t *value, const char *name,
    agent_ignore_t *rules, agent_fault_t *fault);
static int agent_search_param_streams(agent_request_t *r);


int
agent_search_param(agent_search_t *s, json_t *body, agent_fault_t *fault)
{
    uint64_t  timeout;

    s->streams = agent_search_param_streams(s->r);
    s->depth = AGENT_LIST_WALK_DEPTH + 1;
    s->limit = AGENT_SEARCH_PARAM_LIMIT;
    timeout = AGENT_SEARCH_PARAM_TIMEOUT;

    if (agent_files_param_path(body, "path", 1, &s->path, fault) != 0
        || agent_files_param_session(body, &s->session, fault) != 0
        || agent_json_bool(body, "ignoreCase", &s->icase, fault) != 0
        || agent_json_bool(body, "gitignore", &s->gitignore, fault) != 0
        || agent_json_bool(body, "includeHidden", &s->hidden, fault) != 0
        || agent_json_integer(body, "depth", 1, AGENT_LIST_WALK_DEPTH,
                              &s->depth, fault)
           != 0
        || agent_json_integer(body, "limit", 1, AGENT_SEARCH_PARAM_MOST,
                              &s->limit, fault)
           != 0
        || agent_json_integer(body, "timeoutMs", 1, AGENT_SEARCH_PARAM_LONGEST,
                              &timeout, fault)
           != 0)
    {
        return -1;
    }

    s->until = agent_time_ms() + timeout;

    return agent_search_param_patterns(body, "exclude", &s->exclude, fault);
}


/* as curl sends "Accept: application/json" with --json, that is the default */

static int
agent_search_param_streams(agent_request_t *r)
{
    const char  *accept;

    accept = agent_request_header(r, "Accept");

    return accept && strcasestr(accept, "text/event-stream");
}


int
agent_search_param_patterns(json_t *body, const char *name,
    agent_ignore_t *rules, agent_fault_t *fault)
{
    size_t   i;
    json_t  *value, *item;

    value = json_object_get(body, name);

    if (json_is_array(value)) {

        json_array_foreach(value, i, item) {

            if (agent_search_param_pattern(item, name, rules, fault) != 0) {
                return -1;
            }
        }

        return 0;
    }

    if (value && !json_is_null(value)) {
        return agent_search_param_pattern(value, name, rules, fault);
    }

    return 0;
}


static int
agent_search_param_pattern(json_t *value, const char *name,
    agent_ignore_t *rules, agent_fault_t *fault)
{
    const char  *error;

    if (!json_is_string(value)) {
        return agent_fault_invalid(fault, "%s: must be a pattern, such as "
                                   "\"*.c\", or an array of them", name);
    }

    error = agent_ignore_pattern(rules, json_string_value(value),
                                 json_string_length(value));

    if (error) {
        return agent_fault_invalid(fault, "%s: %s", name, error);
    }

    return 0;
}
