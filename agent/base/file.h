
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_FILE_H_INCLUDED_
#define _AGENT_BASE_FILE_H_INCLUDED_


#include <stddef.h>


/*
 * A whole regular file, ended with a NUL; malloc()ed.  NULL with errno for
 * anything else, or for more than max bytes.
 */
char *agent_file_read(const char *path, size_t max, size_t *len);


#endif /* _AGENT_BASE_FILE_H_INCLUDED_ */
