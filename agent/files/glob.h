
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_GLOB_H_INCLUDED_
#define _AGENT_FILES_GLOB_H_INCLUDED_


#include <stddef.h>


/*
 * Shell patterns of names and paths: "*" stands for any bytes and "?" for one
 * character, but not for a slash, "[a-z]", "[!a-z]" and "[[:alpha:]]" for a
 * character of a set, and a backslash takes the next character as it is.  In a
 * path, "**" as a whole component stands for any number of directories, and at
 * the end for everything in a directory.  A pattern whose set is not closed
 * matches nothing.
 *
 * Nothing is allocated, and the time is at most the product of both lengths.
 */


/* icase: the case of ASCII letters is ignored.  1 if all of it matches. */

int agent_glob_name(const char *pattern, size_t plen, const char *name,
    size_t len, int icase);
int agent_glob_path(const char *pattern, size_t plen, const char *path,
    size_t len, int icase);

/* 1 if the pattern matches its own bytes alone */
int agent_glob_plain(const char *pattern, size_t plen);

/* the end of a set whose bracket is before p; NULL if it is not closed */
const char *agent_glob_set_end(const char *p, const char *end);

/* why a pattern would match nothing, or NULL */
const char *agent_glob_check(const char *pattern, size_t plen);


#endif /* _AGENT_FILES_GLOB_H_INCLUDED_ */
