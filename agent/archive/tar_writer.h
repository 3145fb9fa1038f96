
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_TAR_WRITER_H_INCLUDED_
#define _AGENT_ARCHIVE_TAR_WRITER_H_INCLUDED_


#include <stddef.h>

#include "archive/tar.h"


/* room for the headers of any member, a multiple of a block */
#define AGENT_TAR_WRITER_HEADERS  (2 * AGENT_TAR_PATH + 8 * AGENT_TAR_BLOCK)

/* the end of an archive */
#define AGENT_TAR_WRITER_END      (2 * AGENT_TAR_BLOCK)


/*
 * Writes the headers of a member into a buffer of AGENT_TAR_WRITER_HEADERS
 * bytes: ustar, preceded by a pax header where a name, a link or an id does
 * not fit.  A name of a directory ends with a slash; names and links have at
 * most AGENT_TAR_PATH bytes.  Numbers are octal: no extension of the size is
 * used.  A sparse member is in GNU's pax format 1.0, whose map, padded to a
 * block, is the beginning of the stored bytes.
 *
 * Returns the number of bytes, or 0 if the size exceeds AGENT_TAR_SIZE.
 */
size_t agent_tar_writer_headers(char *buf, const agent_tar_member_t *m);


#endif /* _AGENT_ARCHIVE_TAR_WRITER_H_INCLUDED_ */
