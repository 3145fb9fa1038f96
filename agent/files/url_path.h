
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_URL_PATH_H_INCLUDED_
#define _AGENT_FILES_URL_PATH_H_INCLUDED_


#define AGENT_URL_PATH_MAX   4096  /* maximum length of a decoded path */
#define AGENT_URL_PATH_NAME  255   /* maximum length of a name */


typedef enum {
    AGENT_URL_PATH_OK = 0,
    AGENT_URL_PATH_EMPTY,
    AGENT_URL_PATH_ESCAPE,     /* '%' not followed by two hexadecimal digits */
    AGENT_URL_PATH_NUL,
    AGENT_URL_PATH_LONG,
    AGENT_URL_PATH_OUTSIDE     /* outside /workspace */
} agent_url_path_e;


/*
 * Decodes what follows "/file/" in a request path and normalizes it textually.
 * out has AGENT_URL_PATH_MAX + 2 bytes.  On AGENT_URL_PATH_OK it contains an
 * absolute path without empty, "." and ".." names, which is "/workspace" or
 * below.  A trailing '/' is kept if the path named a directory.
 */
agent_url_path_e agent_url_path_decode(const char *encoded, char *out);

/* a message for the error; NULL for AGENT_URL_PATH_OK */
const char *agent_url_path_strerror(agent_url_path_e rc);


#endif /* _AGENT_FILES_URL_PATH_H_INCLUDED_ */
