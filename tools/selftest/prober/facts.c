
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prober/facts.h"


#define selftest_facts_offset(member)  offsetof(selftest_facts_t, member)


typedef struct {
    const char  *name;
    size_t       offset;
} selftest_facts_member_t;


static int selftest_facts_set(selftest_facts_t *facts, const char *name,
    char *value);
static int selftest_facts_target(selftest_target_t *targets, unsigned *n,
    char *value);


static const selftest_facts_member_t  selftest_facts_numbers[] = {
    { "memory", selftest_facts_offset(memory) },
    { "pids", selftest_facts_offset(pids) },
    { "nano-cpus", selftest_facts_offset(nano_cpus) },
    { "disk", selftest_facts_offset(disk) },
    { "nofile", selftest_facts_offset(nofile) },
    { "worker-nofile", selftest_facts_offset(worker_nofile) },
    { NULL, 0 }
};

static const selftest_facts_member_t  selftest_facts_strings[] = {
    { "mnt", selftest_facts_offset(mnt) },
    { "pid", selftest_facts_offset(pid) },
    { "net", selftest_facts_offset(net) },
    { "ipc", selftest_facts_offset(ipc) },
    { "uts", selftest_facts_offset(uts) },
    { NULL, 0 }
};


int
selftest_facts_parse(selftest_facts_t *facts, char **argv)
{
    char  *p;

    memset(facts, 0, sizeof(selftest_facts_t));

    for ( /* void */ ; *argv; argv++) {
        p = strchr(*argv, '=');

        if (p == NULL) {
            return -1;
        }

        *p++ = '\0';

        if (selftest_facts_set(facts, *argv, p) == -1) {
            return -1;
        }
    }

    return 0;
}


static int
selftest_facts_set(selftest_facts_t *facts, const char *name, char *value)
{
    const selftest_facts_member_t  *m;

    for (m = selftest_facts_numbers; m->name; m++) {

        if (strcmp(m->name, name) == 0) {
            *(uint64_t *) ((char *) facts + m->offset) = strtoull(value, NULL,
                                                                  10);
            return 0;
        }
    }

    for (m = selftest_facts_strings; m->name; m++) {

        if (strcmp(m->name, name) == 0) {
            *(const char **) ((char *) facts + m->offset) = value;
            return 0;
        }
    }

    if (strcmp(name, "user") == 0) {
        facts->user = 1;
        return 0;
    }

    if (strcmp(name, "counters") == 0) {
        facts->counters = 1;
        return 0;
    }

    if (strcmp(name, "network") == 0) {
        facts->network = strcmp(value, "none") == 0 ? SELFTEST_NETWORK_NONE
                                                    : SELFTEST_NETWORK_INTERNET;
        return 0;
    }

    if (strcmp(name, "host") == 0) {
        return selftest_facts_target(facts->host, &facts->nhost, value);
    }

    if (strcmp(name, "peer") == 0) {
        return selftest_facts_target(facts->peer, &facts->npeer, value);
    }

    return -1;
}


/* ADDRESS/PORT */

static int
selftest_facts_target(selftest_target_t *targets, unsigned *n, char *value)
{
    char  *p;

    p = strrchr(value, '/');

    if (p == NULL) {
        return -1;
    }

    if (*n == SELFTEST_FACTS_TARGETS) {
        return 0;
    }

    *p++ = '\0';

    targets[*n].address = value;
    targets[*n].port = (uint16_t) atoi(p);
    (*n)++;

    return 0;
}
