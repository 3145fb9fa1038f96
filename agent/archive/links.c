
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/links.h"


#define AGENT_LINKS_BUCKETS  4096


struct agent_links_entry_s {
    agent_links_entry_t  *next;
    dev_t                 dev;
    ino_t                 ino;
    nlink_t               left;        /* names not yet found */
    char                  name[];
};


char *
agent_links_find(agent_links_t *links, const struct stat *st,
    const char *name)
{
    char                  *found;
    size_t                 size;
    uint64_t               hash;
    agent_links_entry_t   *e, **p;

    if (links->table == NULL) {
        links->table = calloc(AGENT_LINKS_BUCKETS,
                              sizeof(agent_links_entry_t *));

        if (links->table == NULL) {
            return NULL;
        }
    }

    hash = ((uint64_t) st->st_ino ^ (uint64_t) st->st_dev << 32)
           * 0x9e3779b97f4a7c15ULL;

    p = &links->table[hash >> 52];

    while ((e = *p) != NULL) {

        if (e->ino == st->st_ino && e->dev == st->st_dev) {
            break;
        }

        p = &e->next;
    }

    if (e) {
        found = strdup(e->name);

        if (--e->left == 0) {
            *p = e->next;
            links->memory -= sizeof(agent_links_entry_t) + strlen(e->name) + 1;
            free(e);
        }

        return found;
    }

    size = sizeof(agent_links_entry_t) + strlen(name) + 1;

    if (links->memory + size > AGENT_LINKS_MEMORY) {
        return NULL;
    }

    e = malloc(size);

    if (e == NULL) {
        return NULL;
    }

    e->next = NULL;
    e->dev = st->st_dev;
    e->ino = st->st_ino;
    e->left = st->st_nlink - 1;
    strcpy(e->name, name);

    links->memory += size;
    *p = e;

    return NULL;
}


void
agent_links_free(agent_links_t *links)
{
    size_t                i;
    agent_links_entry_t  *e, *next;

    for (i = 0; links->table && i < AGENT_LINKS_BUCKETS; i++) {

        for (e = links->table[i]; e; e = next) {
            next = e->next;
            free(e);
        }
    }

    free(links->table);
    links->table = NULL;
    links->memory = 0;
}
