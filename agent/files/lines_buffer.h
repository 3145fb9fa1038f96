
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_LINES_BUFFER_H_INCLUDED_
#define _AGENT_FILES_LINES_BUFFER_H_INCLUDED_


#include <stddef.h>

#include "files/lines.h"


/* what lines.c has of a file in memory, and where lines begin and end in it */


/*
 * Reads more, and drops what is before keep.  1: more is read, 0: there is no
 * more, or no room for it, or -1 with errno.  Blocks.
 */
int agent_lines_buffer_fill(agent_lines_t *l, size_t keep);

/* where the context of a line begins that begins at pos, within bounds */
size_t agent_lines_buffer_keep(const agent_lines_t *l, size_t pos);

/* counts lines up to pos */
void agent_lines_buffer_count(agent_lines_t *l, size_t pos);

/* the newline after pos, or last */
size_t agent_lines_buffer_end(const agent_lines_t *l, size_t pos, size_t last);

/* the beginning of the line that has the byte at pos, or what is here of it */
size_t agent_lines_buffer_start(const agent_lines_t *l, size_t pos);


#endif /* _AGENT_FILES_LINES_BUFFER_H_INCLUDED_ */
