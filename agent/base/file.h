
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_FILE_H_INCLUDED_
#define _AGENT_BASE_FILE_H_INCLUDED_


#include <stddef.h>


/*
 * Reads a whole regular file into a malloc()ed, NUL-terminated buffer.  NULL
 * with errno set if it is not a regular file or exceeds max bytes.
 */
char *agent_file_read(const char *path, size_t max, size_t *len);


#endif /* _AGENT_BASE_FILE_H_INCLUDED_ */
