
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_BRACES_H_INCLUDED_
#define _AGENT_FILES_BRACES_H_INCLUDED_


#include <stddef.h>


/*
 * Calls add for each of the patterns that one with braces stands for: "*.{c,h}"
 * is "*.c" and "*.h".  Braces may be nested; a backslash, and a set in
 * brackets, take one as it is.  add returns NULL, or why there are to be no
 * more.  Returns NULL, that reason, or what is wrong with the braces.  The
 * pattern has at most AGENT_BRACES_MAX bytes.
 */

#define AGENT_BRACES_MAX  1024

const char *agent_braces_expand(const char *pattern, size_t len,
    const char *(*add)(void *data, const char *pattern, size_t len),
    void *data);


#endif /* _AGENT_FILES_BRACES_H_INCLUDED_ */
