
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_PARAMS_H_INCLUDED_
#define _AGENT_RUN_PARAMS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>


/* what the kernel takes as arguments, and room for how JSON words it */
#define AGENT_PARAMS_JSON_MAX (4 * 1024 * 1024)
#define AGENT_PARAMS_ENV_MAX  1024     /* variables of a call */
#define AGENT_PARAMS_CWD      4097


/*
 * The members that all kinds of exec have, checked.  0, or -1 with a message
 * in error.  env is malloc()ed pairs that borrow from json, or NULL.
 */
int agent_params_env(json_t *json, const char ***env, char *error,
    size_t size);
/* of AGENT_PARAMS_CWD bytes, an absolute path, or "" where there is none */
int agent_params_cwd(json_t *json, char *cwd, char *error, size_t size);
int agent_params_timeout(json_t *json, const char *name, uint64_t *ms,
    char *error, size_t size);


#endif /* _AGENT_RUN_PARAMS_H_INCLUDED_ */
