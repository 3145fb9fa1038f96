
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "files/param.h"
#include "watch/log.h"
#include "watch/params.h"


#define AGENT_WATCH_PARAMS_EVENTS                                             \
    (1U << AGENT_WATCH_CREATE | 1U << AGENT_WATCH_MODIFY                      \
     | 1U << AGENT_WATCH_DELETE | 1U << AGENT_WATCH_MOVE_FROM                 \
     | 1U << AGENT_WATCH_MOVE_TO)


static int agent_watch_params_events(agent_watch_params_t *p, json_t *body,
    agent_fault_t *fault);


int
agent_watch_params_parse(agent_watch_params_t *p, json_t *body,
    agent_fault_t *fault)
{
    json_t  *recursive;

    memset(p, 0, sizeof(agent_watch_params_t));

    recursive = json_object_get(body, "recursive");

    if (recursive && !json_is_null(recursive) && !json_is_boolean(recursive)) {
        return agent_fault_set(fault, 400, "VALIDATION_FAILED",
                               json_pack("{s:O}", "recursive", recursive),
                               "recursive: must be a boolean");
    }

    p->recursive = !json_is_false(recursive);

    if (agent_files_param_path(body, "path", 1, &p->path, fault) != 0
        || agent_files_param_session(body, &p->session, fault) != 0
        || agent_watch_params_events(p, body, fault) != 0)
    {
        return -1;
    }

    return agent_watch_filter_parse(&p->filter, body, fault);
}


/* those that are not known are ignored: they may be of a later client */

static int
agent_watch_params_events(agent_watch_params_t *p, json_t *body,
    agent_fault_t *fault)
{
    int          kind;
    size_t       i;
    json_t      *list;
    const char  *s;

    list = json_object_get(body, "events");

    if (list == NULL || json_is_null(list)) {
        p->events = AGENT_WATCH_PARAMS_EVENTS;
        return 0;
    }

    for (i = 0; i < json_array_size(list); i++) {
        s = agent_json_string_of(json_array_get(list, i));

        if (s == NULL) {
            p->events = 0;
            break;
        }

        for (kind = 0; kind < AGENT_WATCH_KINDS; kind++) {

            if (strcmp(s, agent_watch_log_kind(kind)) == 0) {
                p->events |= 1U << kind;
            }
        }
    }

    if (p->events == 0) {
        return agent_fault_set(fault, 400, "VALIDATION_FAILED",
                               json_pack("{s:O}", "events", list),
                               "events: must be an array of create, modify, "
                               "delete, move_from, move_to and attrib");
    }

    return 0;
}


void
agent_watch_params_free(agent_watch_params_t *p)
{
    free(p->path);
    agent_watch_filter_free(&p->filter);
    p->path = NULL;
}


int
agent_watch_params_equal(const agent_watch_params_t *a,
    const agent_watch_params_t *b)
{
    return a->recursive == b->recursive && a->events == b->events
           && agent_watch_filter_equal(&a->filter, &b->filter);
}
