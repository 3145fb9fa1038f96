
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/search_walk.h"


static int agent_search_walk_above(agent_search_walk_t *w, int dir);
static int agent_search_walk_failed(agent_search_walk_t *w, size_t name,
    int err);
static int agent_search_walk_left_out(agent_search_walk_t *w, size_t name);


int
agent_search_walk_open(agent_search_walk_t *w, int dir)
{
    int  err;

    w->level = 0;

    if (w->gitignore && agent_search_walk_above(w, dir) == -1) {
        err = errno;
        (void) close(dir);
        errno = err;
        return -1;
    }

    return agent_list_walk_open(&w->walk, dir, "");
}


static int
agent_search_walk_above(agent_search_walk_t *w, int dir)
{
    char     link[64], path[PATH_MAX];
    ssize_t  n;

    (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
    n = readlink(link, path, sizeof(path) - 1);

    if (n == -1) {
        return -1;
    }

    path[n] = '\0';

    /* what cannot be read above is nobody's concern */

    if (agent_gitignore_above(&w->files, dir, strcmp(path, "/") == 0 ? ""
                                                                     : path)
        == -1)
    {
        return errno == ENOMEM ? -1 : 0;
    }

    return 0;
}


int
agent_search_walk_next(agent_search_walk_t *w)
{
    int                 rc;
    size_t              level, name;
    agent_list_walk_t  *walk;

    walk = &w->walk;

    if (!w->pending) {
        rc = agent_list_walk_next(walk);

        if (rc != 1) {
            return rc;
        }
    }

    w->pending = 0;

    name = walk->name - walk->path;
    level = agent_list_walk_level(walk);

    if (w->gitignore && level < w->level) {
        agent_gitignore_leave(&w->files, level);
        w->level = level;
    }

    /* the first entry of a directory, which is left for later on failure */

    if (w->gitignore && level > w->level) {
        w->level = level;

        if (agent_gitignore_enter(&w->files, agent_list_walk_directory(walk),
                                  level, name ? name - 1 : 0)
            == -1)
        {
            w->pending = 1;
            return agent_search_walk_failed(w, name, errno);
        }
    }

    if (agent_search_walk_left_out(w, name)) {
        agent_list_walk_skip(walk);
        return 3;
    }

    return 1;
}


/* a .gitignore file could not be read: 2, or -1 with errno */

static int
agent_search_walk_failed(agent_search_walk_t *w, size_t name, int err)
{
    agent_list_walk_t  *walk;

    walk = &w->walk;

    if (err == ENOMEM) {
        errno = err;
        return -1;
    }

    walk->err = err;

    (void) snprintf(walk->failed, sizeof(walk->failed), "%.*s.gitignore",
                    (int) name, walk->path);

    return 2;
}


/* the client's patterns decide before those of .gitignore files */

static int
agent_search_walk_left_out(agent_search_walk_t *w, size_t name)
{
    int                 rc, directory;
    agent_list_walk_t  *walk;

    walk = &w->walk;

    directory = S_ISDIR(walk->st.st_mode);
    rc = agent_ignore_match(w->exclude, walk->path, walk->len, name, directory);

    if (rc != 0 || !w->gitignore) {
        return rc == 1;
    }

    return strcmp(walk->name, ".git") == 0
           || agent_gitignore_match(&w->files, walk->path, walk->len, name,
                                    directory);
}


void
agent_search_walk_close(agent_search_walk_t *w)
{
    agent_list_walk_close(&w->walk);
    agent_gitignore_free(&w->files);
}
