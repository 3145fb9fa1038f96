
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CHILD_H_INCLUDED_
#define _AGENT_CHILD_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <sys/types.h>

#include "sys/user.h"


/* names the commands' marker: all of a command's tree inherits it */
#define AGENT_MARKER  "SANDBOX_COMMAND_ID"

/* its value is so many digits; within a session, a dot and a number follow */
#define AGENT_MARKER_DIGITS  32
#define AGENT_MARKER_SIZE    64


typedef struct agent_child_s  agent_child_t;


struct agent_child_s {
    pid_t           pid;
    char            marker[AGENT_MARKER_SIZE];

    /* its own and those of the children that it waited for; once reaped */
    int64_t         cpu_ms;
    int64_t         peak;              /* bytes resident, of the largest */

    /*
     * Runs once, from the loop, with the status of waitpid(); the child is
     * reaped and out of the table.
     */
    void          (*on_exit)(agent_child_t *child, int status);
    void           *data;

    agent_child_t  *next;
};


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
int agent_child_spawn(agent_child_t *child, agent_spawn_t *s);

/*
 * A process that has become our child because its parent ended, or is about
 * to: its exit is told as that of others.  -1 for a number that cannot be.
 */
int agent_child_adopt(agent_child_t *child, pid_t pid);

/* forgets a child whose exit is of no more interest */
void agent_child_forget(agent_child_t *child);

/* reaps what has ended, orphans too; a bounded number, 1: there may be more */
int agent_child_reap(void);

void agent_child_init(void);


/*
 * The environment of a command: the image's, the sandbox's and the call's,
 * with the marker first.  One block of memory, freed with free(); NULL where
 * there is none.  extra: pairs of name and value, the value NULL to unset,
 * ended with a NULL name.  *path becomes the PATH in it.
 */
char **agent_env_build(const char *marker, const char **extra,
    const char **path);

/* the value of a variable that the sandbox does not set, or NULL */
const char *agent_env_image(const char *name);

/* the sandbox's variables, in place of the earlier ones; "K=V", stolen */
void agent_env_set(char **list);

/*
 * Over those, until the agent ends: an object of strings, and null for what
 * is to be unset.  0, or -1 where there is no memory.
 */
int agent_env_merge(json_t *vars);

/* both together; borrowed, never changed, another one after a change */
json_t *agent_env_vars(void);

/*
 * ms: COMMAND_TIMEOUT_MS, the sandbox's or the image's; 0: none, nor where it
 * is no whole number
 */
uint64_t agent_env_timeout(void);

/* what stands behind a preview's label, ".preview.example.com" */
void agent_env_preview(const char *suffix);


#endif /* _AGENT_CHILD_H_INCLUDED_ */
