
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_TREE_H_INCLUDED_
#define _AGENT_WATCH_TREE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * The directories of one watch, found by their inotify watch descriptor, and
 * by their name in their parent.  Nothing blocks.  A directory that is deleted
 * or moved away is detached at once; it is freed later, in bounded pieces.
 */


#define AGENT_WATCH_TREE_MAX  65536    /* directories, of all watches */


typedef struct agent_watch_node_s  agent_watch_node_t;


struct agent_watch_node_s {
    agent_watch_node_t   *parent;      /* NULL: the root, or detached */
    agent_watch_node_t   *child;       /* the first one */
    agent_watch_node_t   *next;        /* of the same parent, or detached */
    agent_watch_node_t  **prev;
    agent_watch_node_t   *by_wd;
    agent_watch_node_t   *by_name;
    agent_watch_node_t   *queued;      /* the next to be scanned */
    int                   wd;          /* -1: not watched */
    unsigned              waits:1;     /* to be scanned */
    unsigned              scanning:1;  /* a thread may do it */
    unsigned              report:1;    /* what a scan finds in it is new */
    unsigned              seen:1;      /* by the scan of everything */
    unsigned              retried:1;
    unsigned              detached:1;
    unsigned              missed:1;    /* not scanned, as it was detached */
    unsigned              swept:1;     /* to be freed by who still has it */
    unsigned              skipped:1;   /* it cannot be watched */
    unsigned              fresh:1;     /* since the last slice */
    unsigned              unsure:1;    /* it may be another directory */
    unsigned              touched:1;   /* while fresh, an event was told */
    unsigned              len:9;       /* of the name */
    unsigned              own:9;       /* of the text */
    char                 *name;        /* text, or malloc()ed */
    char                  text[];
};


typedef struct {
    agent_watch_node_t   *root;        /* its name is "" */
    agent_watch_node_t   *trash;
    agent_watch_node_t   *first;       /* to be scanned */
    agent_watch_node_t   *last;

    agent_watch_node_t  **by_wd;
    agent_watch_node_t  **by_name;
    size_t                size;        /* of both tables, a power of two */
    size_t                n;
    size_t                nunknown;    /* not watched, missed or being freed */
    size_t                bytes;
} agent_watch_tree_t;


/* 0, or -1 if out of memory */
int agent_watch_tree_init(agent_watch_tree_t *t);

/*
 * Frees the memory, in a thread.  Before that, agent_watch_tree_forget() is
 * called from the loop, which gives up what the tree counts for.
 */
void agent_watch_tree_forget(agent_watch_tree_t *t);
void agent_watch_tree_free(agent_watch_tree_t *t);

/* NULL if out of memory, or if there are too many directories */
agent_watch_node_t *agent_watch_tree_add(agent_watch_tree_t *t,
    agent_watch_node_t *parent, const char *name);

agent_watch_node_t *agent_watch_tree_find(agent_watch_tree_t *t,
    agent_watch_node_t *parent, const char *name);
agent_watch_node_t *agent_watch_tree_find_wd(agent_watch_tree_t *t, int wd);

/* missed: it was not scanned, as it was out of its place */
void agent_watch_tree_miss(agent_watch_tree_t *t, agent_watch_node_t *n,
    int missed);

/* it cannot be watched */
void agent_watch_tree_skip(agent_watch_tree_t *t, agent_watch_node_t *n);

/* -1: it is not watched any more */
void agent_watch_tree_set_wd(agent_watch_tree_t *t, agent_watch_node_t *n,
    int wd);

/*
 * The path of a name in the directory, or of the directory if it is NULL,
 * relative to the root, into a buffer of that size.  Returns its length; -1:
 * the directory is detached, or the path is too long.
 */
int agent_watch_tree_path(agent_watch_node_t *n, const char *name, char *buf,
    size_t size);

/*
 * Takes a directory out of its parent, with all that is below it, and later
 * puts it in another one.  0, or -1 if out of memory: it is still out.
 */
void agent_watch_tree_take(agent_watch_tree_t *t, agent_watch_node_t *n);
int agent_watch_tree_put(agent_watch_tree_t *t, agent_watch_node_t *n,
    agent_watch_node_t *parent, const char *name);

/* takes it out for good */
void agent_watch_tree_detach(agent_watch_tree_t *t, agent_watch_node_t *n);

/*
 * Frees some of what was detached, and removes its watches from the inotify
 * descriptor.  1: there is more.
 */
int agent_watch_tree_sweep(agent_watch_tree_t *t, int fd, unsigned max);

/* frees one that is in no list */
void agent_watch_tree_release(agent_watch_tree_t *t, agent_watch_node_t *n);

/* 1 if it, or a directory above it, was taken out */
int agent_watch_tree_detached(agent_watch_node_t *n);


#endif /* _AGENT_WATCH_TREE_H_INCLUDED_ */
