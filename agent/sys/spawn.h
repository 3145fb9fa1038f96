
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_SPAWN_H_INCLUDED_
#define _AGENT_SYS_SPAWN_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "sys/child.h"
#include "sys/user.h"


typedef enum {
    AGENT_SPAWN_OK = 0,
    AGENT_SPAWN_FORK,        /* no process could be made */
    AGENT_SPAWN_SETUP,       /* user, descriptors */
    AGENT_SPAWN_CWD,
    AGENT_SPAWN_EXEC
} agent_spawn_stage_e;


typedef struct {
    /*
     * The programs to try, ended with NULL: the first that exists is run.
     * One without a slash is looked up in path.
     */
    const char          *const *programs;
    char               **argv;
    /* the first argument becomes the program's name: one binary, many names */
    int                  rename;
    char                *const *env;
    const char           *path;
    const char           *cwd;
    const agent_user_t   *user;
    int                   in;              /* -1: /dev/null */
    int                   out;
    int                   err;

    /* results */
    size_t                program;         /* which of programs runs */
    agent_spawn_stage_e   stage;           /* what failed */
} agent_spawn_t;


/*
 * Starts a child in a session and process group of its own.  Returns only
 * when it runs the program: 0, or an errno with s->stage.
 */
int agent_spawn(agent_child_t *child, agent_spawn_t *s);

void agent_spawn_init(void);

/*
 * What is spawned from here on may have so many open files, or as many as the
 * agent if those are fewer.  The agent's own limit stays.
 */
void agent_spawn_limit_files(uint64_t n);


#endif /* _AGENT_SYS_SPAWN_H_INCLUDED_ */
