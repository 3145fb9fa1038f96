
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_SPAWN_H_INCLUDED_
#define _AGENT_SYS_SPAWN_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "sys/child.h"
#include "sys/user.h"


#define AGENT_SPAWN_MORE  2


typedef enum {
    AGENT_SPAWN_OK = 0,
    AGENT_SPAWN_FORK,        /* no process could be created */
    AGENT_SPAWN_SETUP,       /* setting the user or descriptors failed */
    AGENT_SPAWN_CWD,
    AGENT_SPAWN_EXEC
} agent_spawn_stage_e;


typedef struct {
    /*
     * NULL-terminated list of programs; the first that exists is executed.  A
     * name without a slash is looked up in path.
     */
    const char          *const *programs;
    char               **argv;
    /*
     * the first argument becomes the program's name, for multi-call binaries
     */
    int                  rename;
    char                *const *env;
    const char           *path;
    const char           *cwd;
    const agent_user_t   *user;
    int                   in;              /* -1: /dev/null */
    int                   out;
    int                   err;
    int                   tty;             /* in becomes its terminal */
    /* at most AGENT_SPAWN_MORE descriptors, which become 3 and up */
    const int            *more;
    size_t                nmore;

    /* set by a start */
    size_t                program;         /* index of the program executed */
    agent_spawn_stage_e   stage;           /* the stage that failed */
} agent_spawn_t;


/*
 * Starts a child in its own session and process group.  Returns once it has
 * executed the program: 0, or an errno with s->stage set.
 */
int agent_spawn(agent_child_t *child, agent_spawn_t *s);

void agent_spawn_init(void);

/*
 * Sets the limit of open files of processes spawned from now on, or that of
 * the agent if lower.  The agent's own limit is unchanged.
 */
void agent_spawn_limit_files(uint64_t n);


#endif /* _AGENT_SYS_SPAWN_H_INCLUDED_ */
