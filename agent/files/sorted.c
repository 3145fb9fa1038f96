
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files/sorted.h"
#include "sys/dirent.h"


#define AGENT_SORTED_READ   16384
#define AGENT_SORTED_FIRST  2048


static int agent_sorted_fill(agent_sorted_t *s);
static int agent_sorted_add(agent_sorted_t *s, const agent_dirent_t *d);
static int agent_sorted_halve(agent_sorted_t *s);
static void agent_sorted_sort(agent_sorted_t *s);
static int agent_sorted_compare(const void *one, const void *two, void *names);


int
agent_sorted_open(agent_sorted_t *s, int fd, const char *after, size_t budget)
{
    memset(s, 0, sizeof(agent_sorted_t));

    s->fd = fd;
    s->budget = budget;

    (void) snprintf(s->last, sizeof(s->last), "%s", after);

    if (agent_sorted_fill(s) == -1) {
        agent_sorted_close(s);
        return -1;
    }

    return 0;
}


int
agent_sorted_next(agent_sorted_t *s, const char **name)
{
    if (s->next == s->n) {

        if (!s->more) {
            return 0;
        }

        if (agent_sorted_fill(s) == -1) {
            return -1;
        }

        if (s->n == 0) {
            return 0;
        }
    }

    *name = s->names + s->order[s->next++];
    s->type = (*name)[-1];

    (void) snprintf(s->last, sizeof(s->last), "%s", *name);

    return 1;
}


void
agent_sorted_close(agent_sorted_t *s)
{
    free(s->names);
    free(s->order);
    s->names = NULL;
    s->order = NULL;
}


size_t
agent_sorted_memory(agent_sorted_t *s)
{
    return s->size + s->room * sizeof(uint32_t);
}


/* reads the smallest names after the last one */

static int
agent_sorted_fill(agent_sorted_t *s)
{
    size_t           n;
    ssize_t          len;
    agent_dirent_t  *d;

    union {
        agent_dirent_t  entry;
        char            bytes[AGENT_SORTED_READ];
    } buf;

    s->len = 0;
    s->n = 0;
    s->next = 0;
    s->more = 0;

    if (lseek(s->fd, 0, SEEK_SET) == -1) {
        return -1;
    }

    for ( ;; ) {
        len = agent_dirent_read(s->fd, buf.bytes, sizeof(buf.bytes));

        if (len == -1) {
            return -1;
        }

        if (len == 0) {
            break;
        }

        for (n = 0; n < (size_t) len; n += d->d_reclen) {
            d = (agent_dirent_t *) (buf.bytes + n);

            if (agent_dirent_dots(d->d_name)
                || strcmp(d->d_name, s->last) <= 0
                || (s->more && strcmp(d->d_name, s->bound) >= 0))
            {
                continue;
            }

            if (agent_sorted_add(s, d) == -1) {
                return -1;
            }
        }
    }

    agent_sorted_sort(s);

    return 0;
}


static int
agent_sorted_add(agent_sorted_t *s, const agent_dirent_t *d)
{
    void        *p;
    size_t       len;
    const char  *name;

    name = d->d_name;
    len = strlen(name) + 2;

    if (s->len + len > s->budget && s->n > 1) {

        if (agent_sorted_halve(s) == -1) {
            return -1;
        }

        if (strcmp(name, s->bound) >= 0) {
            return 0;
        }
    }

    if (s->len + len > s->size) {
        s->size = s->size ? s->size * 2 : AGENT_SORTED_FIRST;
        p = realloc(s->names, s->size);

        if (p == NULL) {
            return -1;
        }

        s->names = p;
    }

    if (s->n == s->room) {
        s->room = s->room ? s->room * 2 : AGENT_SORTED_FIRST / 16;
        p = realloc(s->order, s->room * sizeof(uint32_t));

        if (p == NULL) {
            return -1;
        }

        s->order = p;
    }

    s->order[s->n++] = s->len + 1;
    s->names[s->len] = d->d_type;
    memcpy(s->names + s->len + 1, name, len - 1);
    s->len += len;

    return 0;
}


/* keeps the smaller half of the names */

static int
agent_sorted_halve(agent_sorted_t *s)
{
    char    *names, *p;
    size_t   i, n, len;

    names = malloc(s->size);

    if (names == NULL) {
        return -1;
    }

    agent_sorted_sort(s);

    n = s->n / 2;
    len = 0;

    (void) snprintf(s->bound, sizeof(s->bound), "%s",
                    s->names + s->order[n]);

    for (i = 0; i < n; i++) {
        p = s->names + s->order[i];
        names[len++] = p[-1];
        s->order[i] = len;
        len = stpcpy(names + len, p) + 1 - names;
    }

    free(s->names);

    s->names = names;
    s->len = len;
    s->n = n;
    s->more = 1;

    return 0;
}


static void
agent_sorted_sort(agent_sorted_t *s)
{
    if (s->n) {
        qsort_r(s->order, s->n, sizeof(uint32_t), agent_sorted_compare,
                s->names);
    }
}


static int
agent_sorted_compare(const void *one, const void *two, void *names)
{
    const char  *p;

    p = names;

    return strcmp(p + *(const uint32_t *) one, p + *(const uint32_t *) two);
}
