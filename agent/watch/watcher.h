
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_WATCHER_H_INCLUDED_
#define _AGENT_WATCH_WATCHER_H_INCLUDED_


#include <stdint.h>
#include <sys/queue.h>

#include "base/fault.h"
#include "watch/watch.h"


/*
 * A watcher is a reader of a watch that is asked for its events, by its id.
 * One that is not asked for a while is removed.
 */


#define AGENT_WATCHER_EXPIRE      600000   /* ms, by default */
#define AGENT_WATCHER_EXPIRE_MIN  1000
#define AGENT_WATCHER_EXPIRE_MAX  3600000
#define AGENT_WATCHER_ID          32       /* "watcher-" and digits */


typedef struct agent_watcher_s  agent_watcher_t;


struct agent_watcher_s {
    agent_watch_reader_t           reader;    /* of watch, which it keeps */
    char                           id[AGENT_WATCHER_ID];
    char                           created[32];   /* ISO 8601 */
    uint64_t                       expire;    /* ms without a request */
    uint64_t                       until;     /* ms */
    unsigned                       used;      /* requests being served */
    unsigned                       removed:1;
    TAILQ_ENTRY(agent_watcher_s)   link;
};


TAILQ_HEAD(agent_watchers_s, agent_watcher_s);

/* the oldest first */
extern struct agent_watchers_s  agent_watcher_list;


/* NULL with a fault */
agent_watcher_t *agent_watcher_create(agent_watch_t *w, uint64_t expire,
    agent_fault_t *fault);

agent_watcher_t *agent_watcher_find(const char *id);

/* a request is served: it does not expire, and is freed after the last one */
void agent_watcher_enter(agent_watcher_t *x);
void agent_watcher_leave(agent_watcher_t *x);

void agent_watcher_remove(agent_watcher_t *x);


#endif /* _AGENT_WATCH_WATCHER_H_INCLUDED_ */
