
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_RANDOM_H_INCLUDED_
#define _AGENT_BASE_RANDOM_H_INCLUDED_


#include <stddef.h>


/* random lower-case hexadecimal digits; size counts the NUL */
void agent_random_hex(char *buf, size_t size);


#endif /* _AGENT_BASE_RANDOM_H_INCLUDED_ */
