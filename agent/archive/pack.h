
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_PACK_H_INCLUDED_
#define _AGENT_ARCHIVE_PACK_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>

#include "archive/exclude.h"


/*
 * The bytes of a tar archive of a directory, made piece by piece.  Members
 * begin with "./".  Directories, files and symbolic links are archived, and
 * nothing else; of a mode, set-user-ID and set-group-ID of files are not.
 * Names that vanish meanwhile are left out; a file that shrinks is filled up
 * with zeros.  All of it blocks.
 */


/* the smallest piece */
#define AGENT_PACK_MIN  32768


typedef struct agent_pack_s  agent_pack_t;


typedef struct {
    agent_exclude_t  exclude;
    unsigned         links:1;          /* hard links as links, not as files */
    unsigned         sparse:1;         /* holes as holes, not as zeros */
} agent_pack_options_t;


/* options are borrowed; NULL: out of memory */
agent_pack_t *agent_pack_create(const agent_pack_options_t *options);
void agent_pack_free(agent_pack_t *p);

/* takes ownership of the directory; 0, or -1 with errno */
int agent_pack_open(agent_pack_t *p, int fd);

/*
 * Writes the next bytes into a buffer of at least AGENT_PACK_MIN bytes.
 * Returns their number, 0 at the end, or -1 with errno, which is EOVERFLOW for
 * a file that is too large for the format.
 */
ssize_t agent_pack_read(agent_pack_t *p, char *buf, size_t size);

/* the member that was read last, "./a/b" */
const char *agent_pack_path(const agent_pack_t *p);


#endif /* _AGENT_ARCHIVE_PACK_H_INCLUDED_ */
