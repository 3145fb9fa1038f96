
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "files/param.h"
#include "files/search_result.h"
#include "files/search_run.h"


static int agent_search_run_slice(agent_search_t *s);
static int agent_search_run_open(agent_search_t *s);
static int agent_search_run_directory(agent_search_t *s, agent_beneath_t *b);
static int agent_search_run_file(agent_search_t *s, agent_beneath_t *b);
static int agent_search_run_next(agent_search_t *s);
static int agent_search_run_walk(agent_search_t *s);
static int agent_search_run_single(agent_search_t *s);


void
agent_search_run_job(agent_thread_job_t *job)
{
    int              rc;
    agent_search_t  *s;

    s = (agent_search_t *) job;

    s->err = 0;
    s->text.len = 0;

    rc = agent_search_run_slice(s);

    if (rc == 0) {
        agent_search_result_summary(s);
    }

    if (s->text.failed || s->errors.failed) {
        errno = ENOMEM;
        rc = -1;
    }

    if (rc == -1) {
        s->err = errno;
    }

    /* here, as closing may block, too */

    if (rc != 1) {
        s->state = AGENT_SEARCH_ENDED;
        agent_search_run_close(s);
    }
}


/* 1: there is more, 0: it has ended, or -1 with errno */

static int
agent_search_run_slice(agent_search_t *s)
{
    int       rc;
    uint64_t  until, now;

    if (s->state == AGENT_SEARCH_NEW) {

        if (agent_search_run_open(s) == -1) {
            return -1;
        }

        s->state = AGENT_SEARCH_WALKING;
        agent_search_result_head(s);
    }

    until = agent_time_ms() + AGENT_SEARCH_SLICE;

    for ( ;; ) {

        if (!s->inside) {
            rc = agent_search_run_next(s);

            if (rc == 0 || rc == -1) {
                return rc;
            }

            s->inside = (rc == 1);
        }

        if (s->inside) {
            rc = s->kind->entry(s, until);

            if (rc == -1) {
                return -1;
            }

            s->inside = (rc == 1);
        }

        if (s->count == s->limit) {
            s->reason = "limit";
            return 0;
        }

        now = agent_time_ms();

        if (now >= s->until) {
            s->reason = "timeout";
            return 0;
        }

        if (s->inside || now >= until || s->text.len >= s->piece) {
            return 1;
        }
    }
}


static int
agent_search_run_open(agent_search_t *s)
{
    int               base, rc, err;
    agent_beneath_t   b;

    base = agent_files_param_base(s->session);

    if (base == -1) {
        return -1;
    }

    rc = agent_beneath_resolve(&b, base, s->path, AGENT_BENEATH_FOLLOW);

    if (rc == 0) {
        rc = s->kind->files && b.exists && S_ISREG(b.st.st_mode)
             ? agent_search_run_file(s, &b)
             : agent_search_run_directory(s, &b);
    }

    err = errno;
    (void) close(base);
    agent_beneath_close(&b);
    errno = err;

    return rc;
}


static int
agent_search_run_directory(agent_search_t *s, agent_beneath_t *b)
{
    int                   dir, err;
    agent_search_walk_t  *w;

    dir = agent_beneath_open_directory(b);

    if (dir == -1) {
        return -1;
    }

    w = calloc(1, sizeof(agent_search_walk_t));

    if (w == NULL || agent_files_param_absolute(s->path, dir, s->base) == -1) {
        err = w ? errno : ENOMEM;
        free(w);
        (void) close(dir);
        errno = err;
        return -1;
    }

    w->walk.depth = s->depth;
    w->walk.hidden = s->hidden;
    w->walk.memory = s->memory;
    w->walk.lazy = 1;
    w->walk.outside = 1;

    w->exclude = &s->exclude;
    w->gitignore = s->gitignore;

    s->walk = w;

    return agent_search_walk_open(w, dir);
}


/* the descriptor of its directory is the search's from now on */

static int
agent_search_run_file(agent_search_t *s, agent_beneath_t *b)
{
    if (agent_files_param_absolute("", b->dir, s->base) == -1) {
        return -1;
    }

    s->file = *b;
    b->dir = -1;

    return 0;
}


/* 1: an entry, 2: none yet, 0: there is no other one, or -1 with errno */

static int
agent_search_run_next(agent_search_t *s)
{
    return s->walk ? agent_search_run_walk(s) : agent_search_run_single(s);
}


static int
agent_search_run_walk(agent_search_t *s)
{
    int                 rc;
    agent_list_walk_t  *walk;

    rc = agent_search_walk_next(s->walk);
    walk = &s->walk->walk;

    switch (rc) {

    case 1:
        s->dir = agent_list_walk_directory(walk);
        s->name = walk->name;
        s->relative = walk->path;
        s->len = walk->len;
        s->mode = walk->st.st_mode;

        return 1;

    case 2:
        agent_search_result_skip(s, walk->failed, walk->err);

        /* fall through */

    case 3:
        return 2;

    default:
        return rc;
    }
}


static int
agent_search_run_single(agent_search_t *s)
{
    if (s->name) {
        return 0;
    }

    s->dir = s->file.dir;
    s->name = s->file.name;
    s->relative = s->name;
    s->len = strlen(s->name);
    s->mode = s->file.st.st_mode;

    return 1;
}


void
agent_search_run_close(agent_search_t *s)
{
    if (s->kind->close) {
        s->kind->close(s);
    }

    if (s->walk) {
        agent_search_walk_close(s->walk);
        free(s->walk);
        s->walk = NULL;
    }

    agent_beneath_close(&s->file);
}
