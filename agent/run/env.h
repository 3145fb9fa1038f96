
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_ENV_H_INCLUDED_
#define _AGENT_RUN_ENV_H_INCLUDED_


#include <stdint.h>
#include <jansson.h>

#include "base/fault.h"


#define AGENT_ENV_MAX  1024            /* variables of a request */


/* an environment variable's name: [A-Za-z_][A-Za-z0-9_]* */
int agent_env_name(const char *s);

/*
 * Parses the member "env" of a request into pairs of name and value,
 * terminated by a NULL name: malloc()ed, borrowing from json, NULL if absent.
 * 0, or -1 with a fault.
 */
int agent_env_parse(json_t *json, const char ***env, agent_fault_t *fault);


/*
 * Builds the environment of a command from that of the image, the sandbox and
 * the request, with the marker first.  One block of memory, to be freed with
 * free(); NULL if out of memory.  extra: pairs of name and value, NULL to
 * unset, terminated by a NULL name.  *path is set to its PATH.
 */
char **agent_env_build(const char *marker, const char **extra,
    const char **path);

/* the image's value of a variable that the sandbox does not set, or NULL */
const char *agent_env_image(const char *name);

/* replaces the variables of the sandbox; "K=V" strings, stolen */
void agent_env_set(char **list);

/*
 * Overrides them until the agent exits: an object of strings, or null to
 * unset. 0, or -1 if out of memory.
 */
int agent_env_merge(json_t *vars);

/* both merged; borrowed and immutable, replaced after a change */
json_t *agent_env_vars(void);

/*
 * What a process that was started with these variables, as agent_env_vars()
 * was then, has to change now: an object of strings, null to unset, which the
 * caller releases; NULL: nothing, or out of memory.
 */
json_t *agent_env_changes(json_t *vars);

/*
 * COMMAND_TIMEOUT_MS of the sandbox or the image, in ms; 0: unset or not an
 * integer
 */
uint64_t agent_env_timeout(void);

/* the suffix of preview hosts, ".preview.example.com" */
void agent_env_preview(const char *suffix);


#endif /* _AGENT_RUN_ENV_H_INCLUDED_ */
