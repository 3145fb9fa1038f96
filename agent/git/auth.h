
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_GIT_AUTH_H_INCLUDED_
#define _AGENT_GIT_AUTH_H_INCLUDED_


#include <stddef.h>

#include "git/url.h"


/*
 * The credentials of a clone.  git gets them as a configuration in its
 * environment, for the origin of the URL only: they are in no argument, and in
 * no file.  What git writes is searched for them.
 */

#define AGENT_GIT_AUTH_HEADER   "Git-Authorization"
#define AGENT_GIT_AUTH_MAX      8192

#define AGENT_GIT_AUTH_ENV      32     /* names and values, with the end */
#define AGENT_GIT_AUTH_SECRETS  3


typedef struct {
    char         *header;              /* "Authorization: ...", or NULL */
    char         *key;                 /* what git calls it */
    char          count[16];
    char          names[2][32];
    const char   *env[AGENT_GIT_AUTH_ENV];

    char         *secrets[AGENT_GIT_AUTH_SECRETS];
    size_t        longest;
} agent_git_auth_t;


/*
 * Takes the value of the header, or NULL, and the user of the URL.  0, or -1
 * with a static message in *error.
 */
int agent_git_auth_init(agent_git_auth_t *auth, const char *header,
    const agent_git_url_t *url, const char **error);
void agent_git_auth_free(agent_git_auth_t *auth);

/* replaces credentials in a text by asterisks; returns its length */
size_t agent_git_auth_redact(const agent_git_auth_t *auth, char *text,
    size_t len);


#endif /* _AGENT_GIT_AUTH_H_INCLUDED_ */
