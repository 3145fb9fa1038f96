
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_H_INCLUDED_
#define _AGENT_FILES_H_INCLUDED_


#include <sys/stat.h>
#include <time.h>

#include "http/http.h"


/* what files_get.c and files_put.c have in common */


/*
 * The decoded path, malloc()ed; or NULL after the error was answered.  A '/'
 * at its end asks for a directory.
 */
char *agent_files_path(agent_request_t *r, const char *encoded);

/*
 * Takes the rights of the sandbox's user on this thread, for the work of the
 * thread pool; -1 with errno where the kernel refuses, and nothing has
 * changed.  Restoring cannot fail.
 */
int agent_files_assume(void);
void agent_files_restore(void);

/*
 * Answers an errno in the codes of the REST routes.  Our own meanings: ENXIO
 * is no regular file, EISDIR a directory.
 */
void agent_files_error(agent_request_t *r, int err, int writing,
    const char *path);

/* "Sat, 31 Jan 2026 12:00:00 GMT" into a buffer of 32 bytes */
const char *agent_files_date(char *buf, time_t t);


#endif /* _AGENT_FILES_H_INCLUDED_ */
