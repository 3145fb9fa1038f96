
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_REPORT_H_INCLUDED_
#define _AGENT_WATCH_REPORT_H_INCLUDED_


#include <stdint.h>

#include "watch/log.h"
#include "watch/tree.h"
#include "watch/watch.h"


/*
 * From what happened in a directory to the events of its watch: those that
 * pass the filter, with their absolute path.
 */


/*
 * name is in the directory, or NULL for the watched directory itself.  -1: the
 * directory has no place in the tree.
 */
int agent_watch_report(agent_watch_t *w, agent_watch_kind_e kind,
    agent_watch_node_t *n, const char *name, int is_directory,
    uint32_t cookie);

/* 1 if a directory of that name is not to be watched */
int agent_watch_report_prune(agent_watch_t *w, agent_watch_node_t *n,
    const char *name);

/* reports what is held */
void agent_watch_report_held(agent_watch_t *w);

/* of the whole watch, or of a directory that could not be watched */
void agent_watch_report_resync(agent_watch_t *w);
void agent_watch_report_skipped(agent_watch_t *w, agent_watch_node_t *n,
    const char *code);

/* for agent_watch_hold_t */
void agent_watch_report_modified(void *data, const char *path);


#endif /* _AGENT_WATCH_REPORT_H_INCLUDED_ */
