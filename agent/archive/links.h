
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_LINKS_H_INCLUDED_
#define _AGENT_ARCHIVE_LINKS_H_INCLUDED_


#include <stddef.h>
#include <sys/stat.h>


/*
 * The files with several names that an archive has had so far.  A file whose
 * names were all found is forgotten.  What does not fit is not remembered:
 * then a further name is archived as a file of its own.
 */

#define AGENT_LINKS_MEMORY  (512 * 1024)


typedef struct agent_links_entry_s  agent_links_entry_t;


typedef struct {
    agent_links_entry_t  **table;
    size_t                 memory;     /* bytes */
} agent_links_t;


/*
 * Returns the name under which the file is in the archive, to be freed by the
 * caller, or NULL: then the file is remembered by this name.
 */
char *agent_links_find(agent_links_t *links, const struct stat *st,
    const char *name);

void agent_links_free(agent_links_t *links);


#endif /* _AGENT_ARCHIVE_LINKS_H_INCLUDED_ */
