
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "watch/hold.h"


static agent_watch_hold_file_t *agent_watch_hold_find(agent_watch_hold_t *h,
    const char *path);
static agent_watch_hold_file_t *agent_watch_hold_free_one(
    agent_watch_hold_t *h);
static void agent_watch_hold_clear(agent_watch_hold_t *h,
    agent_watch_hold_file_t *f);


void
agent_watch_hold_modify(agent_watch_hold_t *h, const char *path, uint64_t now)
{
    agent_watch_hold_file_t  *f;

    f = agent_watch_hold_find(h, path);

    if (f && now < f->until) {
        f->held = 1;
        return;
    }

    h->modified(h->data, path);

    if (f == NULL) {
        f = agent_watch_hold_free_one(h);
        f->path = strdup(path);

        if (f->path == NULL) {
            return;
        }

        h->n++;
    }

    f->held = 0;
    f->until = now + AGENT_WATCH_HOLD_MS;
}


static agent_watch_hold_file_t *
agent_watch_hold_find(agent_watch_hold_t *h, const char *path)
{
    size_t  i;

    if (h->n == 0) {
        return NULL;
    }

    for (i = 0; i < AGENT_WATCH_HOLD_MAX; i++) {

        if (h->files[i].path && strcmp(h->files[i].path, path) == 0) {
            return &h->files[i];
        }
    }

    return NULL;
}


/* a free one, or the one that has been there longest */

static agent_watch_hold_file_t *
agent_watch_hold_free_one(agent_watch_hold_t *h)
{
    size_t                    i;
    agent_watch_hold_file_t  *f, *oldest;

    oldest = NULL;

    for (i = 0; i < AGENT_WATCH_HOLD_MAX; i++) {
        f = &h->files[i];

        if (f->path == NULL) {
            return f;
        }

        if (oldest == NULL || f->until < oldest->until) {
            oldest = f;
        }
    }

    if (oldest->held) {
        h->modified(h->data, oldest->path);
    }

    agent_watch_hold_clear(h, oldest);

    return oldest;
}


static void
agent_watch_hold_clear(agent_watch_hold_t *h, agent_watch_hold_file_t *f)
{
    free(f->path);
    f->path = NULL;
    f->held = 0;
    h->n--;
}


void
agent_watch_hold_forget(agent_watch_hold_t *h, const char *path)
{
    agent_watch_hold_file_t  *f;

    f = agent_watch_hold_find(h, path);

    if (f) {
        agent_watch_hold_clear(h, f);
    }
}


uint64_t
agent_watch_hold_due(agent_watch_hold_t *h, uint64_t now)
{
    size_t                    i;
    uint64_t                  next;
    agent_watch_hold_file_t  *f;

    next = 0;

    for (i = 0; h->n && i < AGENT_WATCH_HOLD_MAX; i++) {
        f = &h->files[i];

        if (f->path == NULL) {
            continue;
        }

        if (f->until <= now || now == UINT64_MAX) {

            if (!f->held) {
                agent_watch_hold_clear(h, f);
                continue;
            }

            h->modified(h->data, f->path);

            if (now == UINT64_MAX) {
                agent_watch_hold_clear(h, f);
                continue;
            }

            f->held = 0;
            f->until = now + AGENT_WATCH_HOLD_MS;
        }

        if (next == 0 || f->until < next) {
            next = f->until;
        }
    }

    return next;
}


void
agent_watch_hold_free(agent_watch_hold_t *h)
{
    size_t  i;

    for (i = 0; i < AGENT_WATCH_HOLD_MAX; i++) {
        free(h->files[i].path);
        h->files[i].path = NULL;
    }

    h->n = 0;
}
