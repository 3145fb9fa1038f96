
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_FILTER_H_INCLUDED_
#define _AGENT_WATCH_FILTER_H_INCLUDED_


#include <stddef.h>
#include <jansson.h>

#include "base/fault.h"


/*
 * Which paths of a watch are reported.  A pattern matches one component or
 * several in a row, wherever they are below the watched directory, and with
 * them everything below; one that begins with a slash matches from the root of
 * the file system.
 */


#define AGENT_WATCH_FILTER_MAX   64    /* patterns */
#define AGENT_WATCH_FILTER_SIZE  1024  /* bytes of one */


typedef struct {
    char     *text;                    /* the patterns, each NUL-terminated */
    size_t    size;
    size_t    n;
    unsigned  include:1;               /* or exclude */
} agent_watch_filter_t;


/*
 * Reads "include" and "exclude" of a body, sorted and each once; without both,
 * .git, node_modules and .DS_Store are excluded.  0, or -1 with a fault.  It
 * is freed by the caller in any case.
 */
int agent_watch_filter_parse(agent_watch_filter_t *f, json_t *body,
    agent_fault_t *fault);
void agent_watch_filter_free(agent_watch_filter_t *f);

/* 1 if both let the same paths pass */
int agent_watch_filter_equal(const agent_watch_filter_t *a,
    const agent_watch_filter_t *b);

/*
 * path is below the watched directory, whose path is root; nothing above it is
 * excluded.  1 if it is reported.
 */
int agent_watch_filter_pass(const agent_watch_filter_t *f, const char *root,
    const char *path);

/* 1 if nothing in a directory of that path will pass */
int agent_watch_filter_prune(const agent_watch_filter_t *f, const char *root,
    const char *path);


#endif /* _AGENT_WATCH_FILTER_H_INCLUDED_ */
