
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_HOLD_H_INCLUDED_
#define _AGENT_WATCH_HOLD_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * One write of a file is many events.  The first is reported at once; those
 * that follow soon are held, and reported as one.
 */


#define AGENT_WATCH_HOLD_MS   75
#define AGENT_WATCH_HOLD_MAX  64       /* files at a time */


typedef struct {
    char      *path;                   /* NULL: free */
    uint64_t   until;                  /* ms */
    unsigned   held:1;                 /* there is an event to report */
} agent_watch_hold_file_t;


typedef struct {
    agent_watch_hold_file_t  files[AGENT_WATCH_HOLD_MAX];
    size_t                   n;

    /* set by the caller: reports a file that was modified */
    void                   (*modified)(void *data, const char *path);
    void                    *data;
} agent_watch_hold_t;


/* the file was modified */
void agent_watch_hold_modify(agent_watch_hold_t *h, const char *path,
    uint64_t now);

/* it was replaced or deleted: what is held of it is void */
void agent_watch_hold_forget(agent_watch_hold_t *h, const char *path);

/*
 * Reports what is due at that time, UINT64_MAX: all of it.  Returns when the
 * next one is, or 0.
 */
uint64_t agent_watch_hold_due(agent_watch_hold_t *h, uint64_t now);

void agent_watch_hold_free(agent_watch_hold_t *h);


#endif /* _AGENT_WATCH_HOLD_H_INCLUDED_ */
