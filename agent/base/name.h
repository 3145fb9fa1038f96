
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_NAME_H_INCLUDED_
#define _AGENT_BASE_NAME_H_INCLUDED_


#include <stddef.h>


/* 1 if a valid name of a session or process: 1 to max of [A-Za-z0-9._-] */
int agent_name_valid(const char *s, size_t max);


#endif /* _AGENT_BASE_NAME_H_INCLUDED_ */
