
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_BASE_H_INCLUDED_
#define _AGENT_BASE_BASE_H_INCLUDED_


#include <stddef.h>
#include <uv.h>


#ifndef AGENT_BUILD
#define AGENT_BUILD  "0.1.0"
#endif


#define AGENT_PROTOCOL   1
#define AGENT_WORKSPACE  "/workspace"


extern uv_loop_t   *agent_loop;

/*
 * A whole regular file, ended with a NUL; malloc()ed.  NULL with errno for
 * anything else, or for more than max bytes.
 */
char *agent_read_file(const char *path, size_t max, size_t *len);

/* random lower-case hexadecimal digits; size counts the NUL */
void agent_random_hex(char *buf, size_t size);


#endif /* _AGENT_BASE_BASE_H_INCLUDED_ */
