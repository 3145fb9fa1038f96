
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_WATCH_H_INCLUDED_
#define _AGENT_WATCH_WATCH_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "watch/hold.h"
#include "watch/log.h"
#include "watch/params.h"
#include "watch/scan.h"
#include "watch/tree.h"


/*
 * A watch observes a directory by inotify, and keeps its last events for its
 * readers.  Requests that ask for the same share one.  It lives while it has
 * readers or somebody waits for it, and after a check for a while longer.
 *
 * A thread and the loop take turns at it: the thread adds and lists
 * directories in slices of some milliseconds, while the loop reads no events;
 * between the slices the loop reads what has happened meanwhile.
 */


#define AGENT_WATCH_MAX       16       /* watches */
#define AGENT_WATCH_READERS   64       /* of all watches */
#define AGENT_WATCH_KEPT      600000   /* ms after the last check or poll */
#define AGENT_WATCH_ID        48


typedef struct agent_watch_s         agent_watch_t;
typedef struct agent_watch_reader_s  agent_watch_reader_t;
typedef struct agent_watch_waiter_s  agent_watch_waiter_t;
typedef struct agent_watch_found_s   agent_watch_found_t;
typedef struct agent_watch_moved_s   agent_watch_moved_t;


/* a directory that was added in the last slice */

typedef struct {
    agent_watch_node_t                  *node;
    uint64_t                             since;    /* bytes of events */
} agent_watch_fresh_t;


/* a rename of the agent's own, from a temporary name */

#define AGENT_WATCH_OWN  8

typedef struct {
    uint32_t                             cookie;
    unsigned                             replaces:1;
} agent_watch_own_t;


/* belongs to the one who reads */

struct agent_watch_reader_s {
    agent_watch_t                       *watch;    /* NULL: none */
    uint64_t                             cursor;   /* the last event it has */
    /* there are more events, or the watch has ended; may be NULL */
    void                               (*wake)(agent_watch_reader_t *reader);
    void                                *data;
    TAILQ_ENTRY(agent_watch_reader_s)    link;
};


/* belongs to the one who waits */

struct agent_watch_waiter_s {
    agent_watch_t                       *watch;    /* NULL: not waiting */
    /*
     * w is ready, or fault says why there is none; the last callback.  Unless
     * it is kept or gets a reader now, w may be freed.
     */
    void                               (*done)(agent_watch_waiter_t *waiter,
                                               agent_watch_t *w,
                                               agent_fault_t *fault);
    void                                *data;
    uint64_t                             until;    /* ms */
    unsigned                             created:1;  /* the watch is new */
    unsigned                             settle:1;
    unsigned                             turned:1;
    TAILQ_ENTRY(agent_watch_waiter_s)    link;
};


TAILQ_HEAD(agent_watch_readers_s, agent_watch_reader_s);
TAILQ_HEAD(agent_watch_waiters_s, agent_watch_waiter_s);


struct agent_watch_s {
    agent_watch_scan_t            scan;     /* first */
    agent_watch_params_t          params;
    char                          id[AGENT_WATCH_ID];
    const char                   *path;     /* absolute, of the directory */
    agent_watch_tree_t            tree;
    agent_watch_log_t             log;
    agent_watch_hold_t            hold;

    struct agent_watch_readers_s  readers;
    struct agent_watch_waiters_s  waiters;
    TAILQ_ENTRY(agent_watch_s)    link;

    uint64_t                      kept;     /* until then, ms; 0: it is not */
    uint64_t                      began;    /* ms */

    /* why it has ended: one of them is set */
    char                         *error;    /* malloc()ed */
    const char                   *stopped;

    /* directories that are not watched, as a JSON array without brackets */
    agent_buffer_t                skipped;
    size_t                        nskipped;

    /* private to the room */

    agent_watch_found_t          *found;    /* of the last slice, by name */
    size_t                        nfound;
    agent_watch_fresh_t           fresh[AGENT_WATCH_SCAN_ITEMS];
    size_t                        nfresh;   /* watched since that slice */
    agent_buffer_t                rest;     /* events that are read already */
    agent_watch_moved_t          *moved;    /* directories without a place */
    size_t                        nmoved;
    agent_watch_own_t             own[AGENT_WATCH_OWN];
    unsigned                      nown;     /* in all; the last are kept */
    uint64_t                      nread;    /* bytes of events, in all */
    uint64_t                      barrier;  /* of nread: found is complete */
    uint64_t                      rescanned;  /* when, ms */

    uv_poll_t                     poll;
    uv_timer_t                    timer;
    unsigned                      handles;

    unsigned                      busy:1;   /* the thread has its turn */
    unsigned                      open:1;   /* the directory is */
    unsigned                      polls:1;  /* poll is a handle */
    unsigned                      ready:1;  /* everything has been scanned */
    unsigned                      lost:1;   /* events: scan everything again */
    unsigned                      rescan:1; /* it is being done */
    unsigned                      seen:1;   /* of nodes, in the last rescan */
    unsigned                      asked:1;  /* to read events soon */
    unsigned                      serving:1;
    unsigned                      ended:1;
    unsigned                      left:1;   /* it is being freed */
};


/*
 * The watch of these parameters, which it takes over, whether or not there is
 * one already.  waiter->done is called when it is ready, perhaps at once.
 */
void agent_watch_open(agent_watch_params_t *params,
    agent_watch_waiter_t *waiter);

/*
 * Waits until everything that had happened in the directory before is in the
 * log, but not for long: waiter->done is called without a fault.
 */
void agent_watch_settle(agent_watch_t *w, agent_watch_waiter_t *waiter);

/* the one who waits goes away */
void agent_watch_forget(agent_watch_waiter_t *waiter);

/*
 * A reader gets events from now on.  0, or -1 with a fault if there are too
 * many.
 */
int agent_watch_attach(agent_watch_t *w, agent_watch_reader_t *reader,
    agent_fault_t *fault);
void agent_watch_detach(agent_watch_reader_t *reader);

/* the reader has the events up to this number, which are dropped */
void agent_watch_advance(agent_watch_reader_t *reader, uint64_t cursor);

/* keeps it for AGENT_WATCH_KEPT without readers */
void agent_watch_keep(agent_watch_t *w);


/* for the other files of the room */

/* the watch ends: with the error of an errno, or as it was stopped */
void agent_watch_fail(agent_watch_t *w, int err);
void agent_watch_stop(agent_watch_t *w, const char *reason);

/*
 * A new directory: its node, or NULL if it is excluded, or if the watch has
 * failed.
 */
agent_watch_node_t *agent_watch_add(agent_watch_t *w, agent_watch_node_t *n,
    const char *name);

/* a directory cannot be watched */
void agent_watch_skip(agent_watch_t *w, agent_watch_node_t *n, int err);

/* frees it if nobody needs it */
void agent_watch_release(agent_watch_t *w);


#endif /* _AGENT_WATCH_WATCH_H_INCLUDED_ */
