
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/beneath.h"
#include "files/gitignore.h"


/* directories between the one that is searched and the repository's root */
#define AGENT_GITIGNORE_ABOVE  32


static int agent_gitignore_load(agent_gitignore_t *g, int dir, size_t level,
    size_t at);
static int agent_gitignore_read(int dir, agent_ignore_t *rules);
static int agent_gitignore_push(agent_gitignore_t *g, agent_ignore_t *rules,
    size_t level, size_t at);


int
agent_gitignore_above(agent_gitignore_t *g, int dir, const char *path)
{
    int          fds[AGENT_GITIGNORE_ABOVE + 1], rc, err;
    size_t       i, n, at[AGENT_GITIGNORE_ABOVE + 1];
    struct stat  st;

    /* the root of a repository has a ".git": a directory, or a file */

    rc = 0;
    n = 0;
    fds[0] = dir;
    at[0] = strlen(path);

    while (fstatat(fds[n], ".git", &st, AT_SYMLINK_NOFOLLOW) == -1) {

        if (n == AGENT_GITIGNORE_ABOVE || at[n] == 0) {
            goto done;
        }

        fds[n + 1] = openat(fds[n], "..", O_PATH|O_DIRECTORY|O_CLOEXEC);

        if (fds[n + 1] == -1) {
            goto done;
        }

        /* "/a/b", "/a" and "" */

        n++;

        for (at[n] = at[n - 1]; at[n] && path[--at[n]] != '/'; /* void */ ) {
            /* void */
        }
    }

    /* the rest of the path, as its files see it */

    g->top = strlen(path + at[n]);

    if (n) {
        memcpy(g->path, path + at[n] + 1, g->top);
        g->path[g->top - 1] = '/';
    }

    for (i = n; i && rc == 0; i--) {
        rc = agent_gitignore_load(g, fds[i], 0, at[i] - at[n]);
    }

done:

    err = errno;

    for ( /* void */ ; n; n--) {
        (void) close(fds[n]);
    }

    errno = err;

    return rc;
}


int
agent_gitignore_enter(agent_gitignore_t *g, int dir, size_t level, size_t len)
{
    return agent_gitignore_load(g, dir, level, g->top + len + (len != 0));
}


static int
agent_gitignore_load(agent_gitignore_t *g, int dir, size_t level, size_t at)
{
    int             rc, err;
    agent_ignore_t  rules;

    memset(&rules, 0, sizeof(agent_ignore_t));

    rc = agent_gitignore_read(dir, &rules);

    if (rc == 0 && rules.n) {
        rc = agent_gitignore_push(g, &rules, level, at);
    }

    if (rc == -1 || rules.n == 0) {
        err = errno;
        agent_ignore_free(&rules);
        errno = err;
    }

    return rc;
}


static int
agent_gitignore_read(int dir, agent_ignore_t *rules)
{
    int           fd, rc, err;
    char         *buf;
    size_t        len;
    ssize_t       n;
    struct stat   st;

    /* most directories have none; a link to one is none, as for git */

    if (fstatat(dir, ".gitignore", &st, AT_SYMLINK_NOFOLLOW) == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    if (!S_ISREG(st.st_mode)) {
        return 0;
    }

    fd = agent_beneath_open_at(dir, ".gitignore", O_RDONLY, &st);

    if (fd == -1) {
        return errno == ENOENT || errno == EBUSY || errno == ENXIO
               || errno == EISDIR ? 0 : -1;
    }

    rc = -1;
    buf = malloc(AGENT_GITIGNORE_FILE + 1);

    if (buf == NULL) {
        errno = ENOMEM;
        goto done;
    }

    len = 0;

    do {
        n = read(fd, buf + len, AGENT_GITIGNORE_FILE + 1 - len);
        len += n > 0 ? n : 0;

    } while (n > 0 || (n == -1 && errno == EINTR));

    if (n == -1) {
        goto done;
    }

    if (len > AGENT_GITIGNORE_FILE) {
        errno = EFBIG;
        goto done;
    }

    rc = agent_ignore_parse(rules, buf, len);

done:

    err = errno;
    free(buf);
    (void) close(fd);
    errno = err;

    return rc;
}


static int
agent_gitignore_push(agent_gitignore_t *g, agent_ignore_t *rules,
    size_t level, size_t at)
{
    void    *p;
    size_t   n, memory;

    memory = g->memory + agent_ignore_memory(rules);

    if (memory > AGENT_GITIGNORE_MEMORY) {
        errno = EFBIG;
        return -1;
    }

    if (g->n == g->room) {
        n = g->room ? g->room * 2 : 4;
        p = realloc(g->levels, n * sizeof(agent_gitignore_level_t));

        if (p == NULL) {
            errno = ENOMEM;
            return -1;
        }

        g->levels = p;
        g->room = n;
    }

    g->levels[g->n].rules = *rules;
    g->levels[g->n].level = level;
    g->levels[g->n].at = at;

    g->n++;
    g->memory = memory;

    return 0;
}


void
agent_gitignore_leave(agent_gitignore_t *g, size_t level)
{
    agent_ignore_t  *rules;

    while (g->n && g->levels[g->n - 1].level > level) {
        rules = &g->levels[--g->n].rules;

        g->memory -= agent_ignore_memory(rules);
        agent_ignore_free(rules);
    }
}


/* the nearest file decides; what it says nothing of is left to those above */

int
agent_gitignore_match(agent_gitignore_t *g, const char *path, size_t len,
    size_t name, int directory)
{
    int                             rc;
    size_t                          i;
    const agent_gitignore_level_t  *l;

    if (g->n == 0) {
        return 0;
    }

    memcpy(g->path + g->top, path, len);

    for (i = g->n; i; i--) {
        l = &g->levels[i - 1];

        rc = agent_ignore_match(&l->rules, g->path + l->at,
                                g->top + len - l->at, g->top + name - l->at,
                                directory);

        if (rc != 0) {
            return rc == 1;
        }
    }

    return 0;
}


void
agent_gitignore_free(agent_gitignore_t *g)
{
    while (g->n) {
        agent_ignore_free(&g->levels[--g->n].rules);
    }

    free(g->levels);
    g->levels = NULL;
    g->room = 0;
    g->memory = 0;
}
