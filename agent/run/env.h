
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_ENV_H_INCLUDED_
#define _AGENT_RUN_ENV_H_INCLUDED_


#include <stdint.h>
#include <jansson.h>

#include "base/fault.h"


#define AGENT_ENV_MAX  1024            /* variables of a call */


/* an environment variable's name: [A-Za-z_][A-Za-z0-9_]* */
int agent_env_name(const char *s);

/*
 * The member "env" of a call as pairs of name and value, ended with a NULL
 * name: malloc()ed, borrowing from json, NULL where there is no such member.
 * 0, or -1 with a fault.
 */
int agent_env_parse(json_t *json, const char ***env, agent_fault_t *fault);


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


#endif /* _AGENT_RUN_ENV_H_INCLUDED_ */
