
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "files/entry.h"
#include "files/find.h"
#include "files/param.h"
#include "files/search.h"
#include "files/search_param.h"
#include "files/search_result.h"


/* POST /api/find: entries whose names or paths match patterns */


typedef struct {
    agent_search_t   search;           /* first */
    unsigned         types;            /* bits of agent_find_types; 0: all */
    int              stat;             /* with the members of a stat */
} agent_find_t;


static int agent_find_params(agent_search_t *s, json_t *body,
    agent_fault_t *fault);
static int agent_find_types_param(agent_find_t *f, json_t *body,
    agent_fault_t *fault);
static int agent_find_type_param(agent_find_t *f, json_t *value,
    agent_fault_t *fault);
static int agent_find_entry(agent_search_t *s, uint64_t until);
static int agent_find_type(mode_t mode);


static const char *const  agent_find_types[] = {
    "file", "directory", "symlink", "other"
};

#define AGENT_FIND_TYPES                                                      \
    (sizeof(agent_find_types) / sizeof(agent_find_types[0]))


static const agent_search_kind_t  agent_find_kind = {
    .operation = "file.find",
    .list = "files",
    .event = "file",
    .size = sizeof(agent_find_t),
    .params = agent_find_params,
    .entry = agent_find_entry
};


void
agent_files_find(agent_request_t *r, json_t *body)
{
    agent_search(r, body, &agent_find_kind);
}


static int
agent_find_params(agent_search_t *s, json_t *body, agent_fault_t *fault)
{
    agent_find_t  *f;

    f = (agent_find_t *) s;

    s->include.icase = s->icase;

    if (agent_search_param_patterns(body, "pattern", &s->include, fault) != 0
        || agent_find_types_param(f, body, fault) != 0)
    {
        return -1;
    }

    return agent_json_bool(body, "stat", &f->stat, fault);
}


static int
agent_find_types_param(agent_find_t *f, json_t *body, agent_fault_t *fault)
{
    size_t   i;
    json_t  *value, *item;

    value = json_object_get(body, "type");

    if (json_is_array(value)) {

        json_array_foreach(value, i, item) {

            if (agent_find_type_param(f, item, fault) != 0) {
                return -1;
            }
        }

        return 0;
    }

    if (value && !json_is_null(value)) {
        return agent_find_type_param(f, value, fault);
    }

    return 0;
}


static int
agent_find_type_param(agent_find_t *f, json_t *value, agent_fault_t *fault)
{
    size_t       i;
    const char  *type;

    type = agent_json_string_of(value);

    for (i = 0; type && i < AGENT_FIND_TYPES; i++) {

        if (strcmp(type, agent_find_types[i]) == 0) {
            f->types |= 1u << i;
            return 0;
        }
    }

    return agent_fault_invalid(fault, "type: must be \"file\", \"directory\", "
                               "\"symlink\" or \"other\", or an array of "
                               "them");
}


static int
agent_find_entry(agent_search_t *s, uint64_t until)
{
    int                   type;
    struct stat           st;
    agent_find_t         *f;
    agent_json_writer_t   w;

    f = (agent_find_t *) s;

    type = agent_find_type(s->mode);

    if ((f->types && (f->types & 1u << type) == 0)
        || (s->include.n
            && agent_ignore_match(&s->include, s->relative, s->len,
                                  s->name - s->relative, S_ISDIR(s->mode))
               != 1))
    {
        return 0;
    }

    /* it may have gone since it was listed */

    if (f->stat && fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) == -1) {

        if (errno != ENOENT) {
            agent_search_result_skip(s, s->relative, errno);
        }

        return 0;
    }

    agent_search_result_begin(s, &w);

    if (f->stat) {
        agent_files_entry_json(&w, &st);

    } else {
        agent_json_writer_word(&w, "type", agent_find_types[type]);
    }

    agent_search_result_end(s, &w);

    return 0;
}


/* an index of agent_find_types */

static int
agent_find_type(mode_t mode)
{
    switch (mode & S_IFMT) {

    case S_IFREG:
        return 0;

    case S_IFDIR:
        return 1;

    case S_IFLNK:
        return 2;

    default:
        return 3;
    }
}
