
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_SEARCH_H_INCLUDED_
#define _AGENT_FILES_SEARCH_H_INCLUDED_


#include <limits.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/json_writer.h"
#include "sys/beneath.h"
#include "files/ignore.h"
#include "files/search_walk.h"
#include "http/json_body.h"
#include "http/request.h"
#include "http/sse.h"
#include "sys/thread_job.h"


/*
 * What POST /api/find and /api/grep have in common.  A search walks a
 * directory tree in the thread pool, in slices of AGENT_SEARCH_SLICE ms, and
 * sends what it has found after each of them: as JSON, or as events.  It stops
 * while the client does not read, and when the client goes away.  At most
 * AGENT_SEARCH_THREADS searches are in a thread at a time, so that others find
 * a free one, and at most AGENT_SEARCH_OPEN are begun; the rest wait.
 * After its timeout a search ends, whatever it waits for.
 */

#define AGENT_SEARCH_SLICE    20       /* ms */
#define AGENT_SEARCH_THREADS  2
#define AGENT_SEARCH_OPEN     16

/* what could not be read, by name */
#define AGENT_SEARCH_SKIPPED  20


typedef struct agent_search_s  agent_search_t;


typedef struct {
    const char   *operation;           /* "file.find" */
    const char   *list;                /* the member with the results */
    const char   *event;               /* the type and a member of its events */
    size_t        size;                /* of the structure */
    unsigned      files:1;             /* the path may be that of a file */

    /* members of the body; 0, or -1 with a fault */
    int         (*params)(agent_search_t *s, json_t *body,
                          agent_fault_t *fault);

    /*
     * in a thread: an entry; 0, 1 if it is to be called again for it, after
     * that time, ms, or a full piece of results, or -1 with errno
     */
    int         (*entry)(agent_search_t *s, uint64_t until);

    /* the others may be NULL */

    /* members of the summary */
    void        (*summary)(agent_search_t *s, agent_json_writer_t *w);

    /* closes what is open, maybe not for the first time */
    void        (*close)(agent_search_t *s);

    /* frees what params has allocated */
    void        (*free)(agent_search_t *s);
} agent_search_kind_t;


typedef enum {
    AGENT_SEARCH_NEW = 0,
    AGENT_SEARCH_WALKING,
    AGENT_SEARCH_ENDED
} agent_search_state_e;


/* the beginning of a kind's own structure, allocated with zeroes */

struct agent_search_s {
    agent_thread_job_t          job;   /* first; its owner is the request */
    const agent_search_kind_t  *kind;
    agent_request_t            *r;

    /* members of the body */

    char                       *path;
    pid_t                       session;
    agent_ignore_t              include;
    agent_ignore_t              exclude;
    int                         icase; /* of names in find, lines in grep */
    int                         gitignore;
    int                         hidden;
    uint64_t                    depth;
    uint64_t                    limit;
    uint64_t                    until; /* ms */

    /* of the thread while it works */

    agent_search_state_e        state;
    int                         err;
    size_t                      memory; /* bytes for names, */
    size_t                      buffer; /* for a buffer of the kind, */
    size_t                      piece;  /* and of results, to be sent */
    agent_search_walk_t        *walk;  /* NULL: a single file */
    char                        base[PATH_MAX];

    /* the entry; dir is where its name is */
    int                         dir;
    const char                 *name;
    const char                 *relative;
    size_t                      len;   /* of relative */
    mode_t                      mode;  /* the type is known, at least */
    unsigned                    inside:1;   /* it is called again */
    agent_beneath_t             file;  /* if it is a single one */

    /* results */

    uint64_t                    count;
    uint64_t                    skipped;
    const char                 *reason;     /* why it ended early, or NULL */
    agent_buffer_t              text;  /* not yet sent */
    agent_buffer_t              errors;
    agent_json_writer_t         errors_json;

    /* of the loop */

    agent_json_body_t           body;
    agent_sse_t                *sse;
    unsigned                    streams:1;  /* events are asked for */
    unsigned                    begun:1;    /* the response */
    unsigned                    sent:1;     /* the text */
    unsigned                    waits:1;    /* for a thread */
    unsigned                    running:1;
    unsigned                    open:1;     /* it has its memory */
    TAILQ_ENTRY(agent_search_s)  link;
};


void agent_search(agent_request_t *r, json_t *body,
    const agent_search_kind_t *kind);


#endif /* _AGENT_FILES_SEARCH_H_INCLUDED_ */
