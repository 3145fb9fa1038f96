
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_FILES_H_INCLUDED_
#define _AGENT_FILES_FILES_H_INCLUDED_


#include "http/request.h"


/* what the handlers of files have in common */


/*
 * The decoded path, malloc()ed; or NULL after the error was answered.  A '/'
 * at its end asks for a directory.
 */
char *agent_files_path(agent_request_t *r, const char *encoded);

/*
 * Answers an errno in the codes of the REST routes.  Our own meanings: ENXIO
 * is no regular file, EISDIR a directory.
 */
void agent_files_error(agent_request_t *r, int err, int writing,
    const char *path);


#endif /* _AGENT_FILES_FILES_H_INCLUDED_ */
