
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_SEARCH_PARAM_H_INCLUDED_
#define _AGENT_FILES_SEARCH_PARAM_H_INCLUDED_


#include <stddef.h>
#include <jansson.h>

#include "base/fault.h"
#include "files/ignore.h"
#include "files/search.h"


/* members of the body that every search has; 0, or -1 with a fault */
int agent_search_param(agent_search_t *s, json_t *body, agent_fault_t *fault);

/* a pattern, or an array of them, for the rules; absent: none */
int agent_search_param_patterns(json_t *body, const char *name,
    agent_ignore_t *rules, agent_fault_t *fault);


#endif /* _AGENT_FILES_SEARCH_PARAM_H_INCLUDED_ */
