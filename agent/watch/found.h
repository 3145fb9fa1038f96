
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_FOUND_H_INCLUDED_
#define _AGENT_WATCH_FOUND_H_INCLUDED_


#include "watch/watch.h"


/*
 * What a slice of a scan has found.  A file in a new directory was created
 * either before the directory was watched, or after, and then it is an event
 * too, which is in the queue of inotify.  So it is reported with that event,
 * or when all events are read that were in the queue at the end of the slice.
 *
 * In the same way, an event may say that a directory was moved, or one above
 * it, before it was added by its path: then this may have been the path of
 * another directory, and it is scanned again.
 */


/* there are events to be read before the next slice */
#define agent_watch_found_open(w)  ((w)->nfound || (w)->nfresh)


/* takes over the results of a slice; 1 if the thread has more to do */
int agent_watch_found_register(agent_watch_t *w);

/*
 * There is an event of that name.  1 if it was found and not yet reported:
 * it is the caller's to report.
 */
int agent_watch_found_take(agent_watch_t *w, agent_watch_node_t *n,
    const char *name, int *is_directory);

/* a directory leaves its place */
void agent_watch_found_leave(agent_watch_t *w, agent_watch_node_t *n);

/* all events that were in the queue are read: the rest is reported */
void agent_watch_found_flush(agent_watch_t *w);


#endif /* _AGENT_WATCH_FOUND_H_INCLUDED_ */
