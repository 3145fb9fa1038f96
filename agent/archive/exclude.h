
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_EXCLUDE_H_INCLUDED_
#define _AGENT_ARCHIVE_EXCLUDE_H_INCLUDED_


#include <stddef.h>


/*
 * What an archive leaves out.  Patterns apply to the path below its root, as
 * those of "tar --exclude=./PATTERN" do, or to the end of the path at any
 * depth.  "*" and "?" match a slash too, "[a-z]" and "[!a-z]" one character of
 * a set, and a backslash takes the next character as it is.
 */


typedef struct {
    char    *text;                     /* the patterns, each NUL-terminated */
    size_t   n;
    char    *deep;                     /* those for any depth, likewise */
    size_t   ndeep;
    size_t   len;                      /* bytes of deep */
    char    *names;                    /* of paths */
    char   **paths;                    /* as they are; sorted */
    size_t   npaths;
} agent_exclude_t;


/*
 * Patterns separated by commas.  Takes ownership of the text, which may be
 * NULL.  0, or -1 with a message in *error.
 */
int agent_exclude_parse(agent_exclude_t *x, char *text, const char **error);

/*
 * Adds a pattern for any depth; a component "**" is dropped, as it matches any
 * number of directories.  The same result.
 */
int agent_exclude_add(agent_exclude_t *x, const char *text,
    const char **error);

/*
 * Leaves out paths, which are no patterns: each with its NUL, and a directory's
 * with a slash at its end or not.  Takes ownership of the text.  0, or -1 if
 * out of memory.
 */
int agent_exclude_paths(agent_exclude_t *x, char *text, size_t len);

void agent_exclude_free(agent_exclude_t *x);

/* 1 if a path without its leading "./" is left out */
int agent_exclude_match(const agent_exclude_t *x, const char *path);


#endif /* _AGENT_ARCHIVE_EXCLUDE_H_INCLUDED_ */
