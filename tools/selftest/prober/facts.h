
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_FACTS_H_INCLUDED_
#define _SELFTEST_PROBER_FACTS_H_INCLUDED_


#include <stdint.h>


/*
 * What the host's side knows of the sandbox and of the host: arguments of the
 * form "name=value".  Numbers are 0 where nothing is known or promised.
 */


#define SELFTEST_FACTS_TARGETS  128


typedef enum {
    SELFTEST_NETWORK_UNKNOWN,
    SELFTEST_NETWORK_NONE,
    SELFTEST_NETWORK_INTERNET
} selftest_network_e;


typedef struct {
    const char          *address;
    uint16_t             port;
} selftest_target_t;


typedef struct {
    uint64_t             memory;           /* bytes */
    uint64_t             pids;
    uint64_t             nano_cpus;
    uint64_t             disk;             /* bytes */
    uint64_t             nofile;
    uint64_t             worker_nofile;
    int                  user;             /* the class has a user */
    int                  counters;         /* the host's are high enough */
    selftest_network_e   network;

    const char          *mnt;              /* inodes of the host's namespaces */
    const char          *pid;
    const char          *net;
    const char          *ipc;
    const char          *uts;

    /* listeners: of the host, and of another sandbox */
    selftest_target_t    host[SELFTEST_FACTS_TARGETS];
    unsigned             nhost;
    selftest_target_t    peer[SELFTEST_FACTS_TARGETS];
    unsigned             npeer;
} selftest_facts_t;


/* the strings of argv are kept, and changed; -1: not a fact */
int selftest_facts_parse(selftest_facts_t *facts, char **argv);


#endif /* _SELFTEST_PROBER_FACTS_H_INCLUDED_ */
