
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_FILES_H_INCLUDED_
#define _AGENT_FILES_FILES_H_INCLUDED_


#include "http/request.h"


/* functions shared by the file routes */


/*
 * Returns the decoded path of the request, malloc()ed, or NULL after an error
 * response.  A trailing '/' means a directory.
 */
char *agent_files_path(agent_request_t *r);

/*
 * Responds to an errno with the codes of the REST routes.  ENXIO stands for
 * "not a regular file", EISDIR for "is a directory".
 */
void agent_files_error(agent_request_t *r, int err, int writing,
    const char *path);


#endif /* _AGENT_FILES_FILES_H_INCLUDED_ */
