
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_PARAMS_H_INCLUDED_
#define _AGENT_WATCH_PARAMS_H_INCLUDED_


#include <jansson.h>
#include <sys/types.h>

#include "base/fault.h"
#include "watch/filter.h"


/* what to watch: the members of a body that all routes of watches share */


typedef struct {
    char                  *path;       /* as sent */
    pid_t                  session;    /* where a relative path begins */
    unsigned               events;     /* bits, by agent_watch_kind_e */
    agent_watch_filter_t   filter;
    unsigned               recursive:1;
} agent_watch_params_t;


/* 0, or -1 with a fault; freed by the caller in any case */
int agent_watch_params_parse(agent_watch_params_t *p, json_t *body,
    agent_fault_t *fault);
void agent_watch_params_free(agent_watch_params_t *p);

/* 1 if both ask for the same, apart from the path */
int agent_watch_params_equal(const agent_watch_params_t *a,
    const agent_watch_params_t *b);


#endif /* _AGENT_WATCH_PARAMS_H_INCLUDED_ */
