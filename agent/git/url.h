
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_GIT_URL_H_INCLUDED_
#define _AGENT_GIT_URL_H_INCLUDED_


#include <stddef.h>


#define AGENT_GIT_URL_MAX   4096       /* bytes of a URL */
#define AGENT_GIT_URL_NAME  255        /* bytes of a name of a directory */


/*
 * The URL of a repository: http, https, git, ssh or file, "user@host:path", or
 * an absolute path.  What an http URL has in front of its host is taken out.
 */

typedef struct {
    char   clean[AGENT_GIT_URL_MAX + 1];   /* as it is passed to git */
    char   shown[AGENT_GIT_URL_MAX + 1];   /* without a query either */
    char   origin[AGENT_GIT_URL_MAX + 2];  /* "https://host/"; "": not http */
    char   user[AGENT_GIT_URL_MAX + 1];    /* decoded; "": none */
    char   password[AGENT_GIT_URL_MAX + 1];
    char   name[AGENT_GIT_URL_NAME + 1];   /* of the repository */
} agent_git_url_t;


/* 0, or -1 with a static message in *error */
int agent_git_url_parse(agent_git_url_t *url, const char *text,
    const char **error);


#endif /* _AGENT_GIT_URL_H_INCLUDED_ */
