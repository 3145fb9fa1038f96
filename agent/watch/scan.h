
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_SCAN_H_INCLUDED_
#define _AGENT_WATCH_SCAN_H_INCLUDED_


#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "sys/thread_job.h"


/*
 * The part of a watch that blocks: it opens the watched directory, adds
 * directories to the inotify descriptor, and lists them.  It works in short
 * slices, between which the loop reads events.  A directory is added before it
 * is listed, so nothing in it is missed.
 */


#define AGENT_WATCH_SCAN_ITEMS  32     /* directories of one slice */
#define AGENT_WATCH_SCAN_ABOVE  32     /* directories above the watched one */


typedef struct {
    void          *node;               /* the caller's */
    char          *path;               /* relative to the root; "": the root */
    int            wd;                 /* or -1 with err */
    int            pending;            /* bytes of events, after that */
    int            err;                /* an errno */
    unsigned       files:1;            /* files are listed, too */
    unsigned       opened:1;           /* in this slice */
    unsigned       complete:1;         /* all of it has been listed */
} agent_watch_scan_item_t;


typedef struct {
    agent_thread_job_t        job;     /* first */

    /* set by the caller */
    char                     *path;    /* as sent */
    pid_t                     session;
    uint32_t                  mask;    /* of inotify */

    /* results of the first slice */
    char                      shown[PATH_MAX];  /* absolute path of events */
    char                      real[PATH_MAX];   /* of the directory */
    char                      only[NAME_MAX + 1];  /* a file in it, or "" */
    dev_t                     dev;
    ino_t                     ino;

    /* of the second; the first one above is the parent */
    int                       inotify;
    int                       above[AGENT_WATCH_SCAN_ABOVE];
    size_t                    nabove;

    /* what is to be scanned, and what was found in this slice */
    agent_watch_scan_item_t   items[AGENT_WATCH_SCAN_ITEMS];
    size_t                    nitems;
    size_t                    current;
    agent_buffer_t            found;
    int                       pending; /* bytes of events, at its end */

    int                       err;     /* an errno: the watch has failed */
    int                       limit;   /* of inotify: that is why */
    unsigned                  outside:1;        /* not in the workspace */
    unsigned                  gone:1;  /* real is another directory by now */

    /*
     * private to scan.c; the directory is open only during a slice, as it
     * would not be deleted before it is closed
     */
    int                       root;
    DIR                      *dir;
} agent_watch_scan_t;


/*
 * An entry of "found": the index of the item, 1 for a directory, and the
 * name with its NUL.
 */
#define AGENT_WATCH_SCAN_ENTRY  2      /* bytes before the name */


/* the functions of the job, each for one slice */

/* resolves the path */
void agent_watch_scan_open(agent_thread_job_t *job);

/* creates the inotify descriptor */
void agent_watch_scan_create(agent_thread_job_t *job);

void agent_watch_scan_run(agent_thread_job_t *job);

/* closes what is open */
void agent_watch_scan_close(agent_watch_scan_t *s);


#endif /* _AGENT_WATCH_SCAN_H_INCLUDED_ */
