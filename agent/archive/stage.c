
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/stage.h"
#include "base/temporary.h"
#include "sys/beneath.h"
#include "sys/dirent.h"
#include "sys/remove.h"


static int agent_stage_make(agent_stage_t *s);
static int agent_stage_swap(const agent_stage_t *s, const agent_stage_t *trash,
    int old, int new);
static int agent_stage_move(const agent_stage_t *s,
    const agent_stage_t *trash, int from, int to);


int
agent_stage_open(agent_stage_t *s, int target)
{
    s->target = target;

    return agent_stage_make(s);
}


static int
agent_stage_make(agent_stage_t *s)
{
    int   fd, err;

    agent_temporary_name(s->name, "restore", 0);

    if (mkdirat(s->target, s->name, 0700) == -1) {
        s->name[0] = '\0';
        return -1;
    }

    fd = agent_beneath_open_directory_at(s->target, s->name);

    if (fd == -1) {
        err = errno;
        agent_stage_remove(s);
        errno = err;
    }

    return fd;
}


/* what was there moves into a second stage, which is removed */

int
agent_stage_commit(agent_stage_t *s, int stage)
{
    int              rc, err, old;
    struct stat      st;
    agent_stage_t    trash;
    struct timespec  times[2];

    trash.target = s->target;
    old = agent_stage_make(&trash);

    if (old == -1) {
        return -1;
    }

    rc = fstat(stage, &st);

    if (rc == 0) {
        rc = agent_stage_swap(s, &trash, old, stage);
    }

    err = errno;
    (void) close(old);
    agent_stage_remove(&trash);
    agent_stage_remove(s);

    if (rc == 0) {
        times[0].tv_nsec = UTIME_OMIT;
        times[1] = st.st_mtim;

        (void) futimens(s->target, times);
    }

    errno = err;

    return rc;
}


static int
agent_stage_swap(const agent_stage_t *s, const agent_stage_t *trash, int old,
    int new)
{
    int  err;

    if (agent_stage_move(s, trash, s->target, old) == -1) {
        err = errno;
        (void) agent_stage_move(s, trash, old, s->target);
        errno = err;

        return -1;
    }

    if (agent_stage_move(s, trash, new, s->target) == 0) {
        return 0;
    }

    /* something else makes entries of the same names: back to the old ones */

    err = errno;

    if (agent_stage_move(s, trash, s->target, new) == 0) {
        (void) agent_stage_move(s, trash, old, s->target);
    }

    errno = err;

    return -1;
}


/*
 * All entries but both stages; of one that an agent was killed with, nothing is
 * kept.  Moving some may hide others from a listing.
 */

static int
agent_stage_move(const agent_stage_t *s, const agent_stage_t *trash, int from,
    int to)
{
    int              moved;
    char             buf[8192] __attribute__((aligned(8)));
    size_t           n;
    ssize_t          len;
    agent_dirent_t  *d;

    do {
        moved = 0;

        if (lseek(from, 0, SEEK_SET) == -1) {
            return -1;
        }

        while ((len = agent_dirent_read(from, buf, sizeof(buf))) > 0) {

            for (n = 0; n < (size_t) len; n += d->d_reclen) {
                d = (agent_dirent_t *) (buf + n);

                if (agent_dirent_dots(d->d_name)
                    || strcmp(d->d_name, s->name) == 0
                    || strcmp(d->d_name, trash->name) == 0)
                {
                    continue;
                }

                if (renameat(from, d->d_name, to, d->d_name) == 0) {
                    moved = 1;
                    continue;
                }

                if (errno != ENOENT) {
                    return -1;
                }
            }
        }

        if (len == -1) {
            return -1;
        }

    } while (moved);

    return 0;
}


void
agent_stage_remove(agent_stage_t *s)
{
    agent_remove_t  *t;

    if (s->name[0] == '\0') {
        return;
    }

    t = agent_remove_start(s->target, s->name);

    if (t) {
        while (agent_remove_step(t, UINT64_MAX) == 1) { /* void */ }
        agent_remove_free(t);
    }

    s->name[0] = '\0';
}
