
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_TAR_READER_HEADER_H_INCLUDED_
#define _AGENT_ARCHIVE_TAR_READER_HEADER_H_INCLUDED_


#include "archive/tar_reader.h"


/*
 * The headers of a member: its own, those before it with names and pax
 * records, and the map of a sparse file.  Private to the reader.
 */


#define AGENT_TAR_READER_PARTS  4      /* of a GNU sparse header */
#define AGENT_TAR_READER_MORE   21     /* of each further block */


/* the end of a GNU header of a sparse file, and a further block of its map */

typedef struct {
    char  offset[12];
    char  len[12];
} agent_tar_reader_part_t;

typedef struct {
    char                     other[386];
    agent_tar_reader_part_t  parts[AGENT_TAR_READER_PARTS];
    char                     more;
    char                     real_size[12];
    char                     rest[17];
} agent_tar_reader_gnu_t;

typedef struct {
    agent_tar_reader_part_t  parts[AGENT_TAR_READER_MORE];
    char                     more;
    char                     rest[7];
} agent_tar_reader_more_t;


/* each begins the member once its headers are complete; 0, or -1 and a fault */

/* the block is a header */
int agent_tar_reader_header(agent_tar_reader_t *r, agent_fault_t *f);
/* names or pax records are complete */
int agent_tar_reader_header_meta(agent_tar_reader_t *r, agent_fault_t *f);
/* n parts of a GNU map */
int agent_tar_reader_header_parts(agent_tar_reader_t *r,
    const agent_tar_reader_part_t *parts, size_t n, agent_fault_t *f);
/* the block is of a map in the data */
int agent_tar_reader_header_map(agent_tar_reader_t *r, agent_fault_t *f);


#endif /* _AGENT_ARCHIVE_TAR_READER_HEADER_H_INCLUDED_ */
