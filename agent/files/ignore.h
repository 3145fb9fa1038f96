
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_IGNORE_H_INCLUDED_
#define _AGENT_FILES_IGNORE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * Rules in the manner of gitignore(5), of which the last one that matches a
 * path decides.  A zeroed structure has none.
 */

#define AGENT_IGNORE_PATTERN  1024     /* bytes; a longer one matches nothing */
#define AGENT_IGNORE_RULES    256      /* of a client */
#define AGENT_IGNORE_TEXT     16384    /* their bytes */


typedef struct {
    uint32_t         at;               /* of its pattern in the text */
    uint16_t         len;
    unsigned         negate:1;
    unsigned         directory:1;      /* matches nothing else */
    unsigned         path:1;           /* all of the path, not the last name */
    unsigned         plain:1;          /* has no wildcards */
} agent_ignore_rule_t;


typedef struct {
    int                   icase;       /* set by the caller */

    /* private to ignore.c */

    char                 *text;
    size_t                used;
    size_t                size;
    agent_ignore_rule_t  *rules;
    size_t                n;
    size_t                room;
} agent_ignore_t;


/* adds the lines of a .gitignore file; 0, or -1 if out of memory */
int agent_ignore_parse(agent_ignore_t *x, const char *text, size_t len);

/*
 * Adds a pattern of a client, which may have braces.  NULL, or what is wrong
 * with it.
 */
const char *agent_ignore_pattern(agent_ignore_t *x, const char *pattern,
    size_t len);

/*
 * The path begins where the rules apply; name is the position of its last
 * component.  1: a rule matches, -1: a negated one does, 0: none.
 */
int agent_ignore_match(const agent_ignore_t *x, const char *path, size_t len,
    size_t name, int directory);

size_t agent_ignore_memory(const agent_ignore_t *x);

void agent_ignore_free(agent_ignore_t *x);


#endif /* _AGENT_FILES_IGNORE_H_INCLUDED_ */
