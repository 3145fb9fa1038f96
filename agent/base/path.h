
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_PATH_H_INCLUDED_
#define _AGENT_BASE_PATH_H_INCLUDED_


#include <stddef.h>


/*
 * Normalises path textually, a relative one from base, into dst.  0, or -1
 * where it does not fit.
 */
int agent_path_normalize(char *dst, size_t size, const char *base,
    const char *path);

/* /workspace or below it, for a normalised path */
int agent_path_in_workspace(const char *path);


#endif /* _AGENT_BASE_PATH_H_INCLUDED_ */
