
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_PATH_H_INCLUDED_
#define _AGENT_BASE_PATH_H_INCLUDED_


#include <stddef.h>


/*
 * Normalizes path textually into dst; a relative path is resolved against
 * base.  0, or -1 if it does not fit.
 */
int agent_path_normalize(char *dst, size_t size, const char *base,
    const char *path);

/* 1 if a normalized path is /workspace or below */
int agent_path_in_workspace(const char *path);


#endif /* _AGENT_BASE_PATH_H_INCLUDED_ */
