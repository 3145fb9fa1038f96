
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_TAR_SPARSE_H_INCLUDED_
#define _AGENT_ARCHIVE_TAR_SPARSE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "archive/tar.h"


/*
 * The map of a sparse member: which parts of the file are stored, in ascending
 * order.  The rest of it is holes.
 */

#define AGENT_TAR_SPARSE_PARTS  32768  /* half a megabyte of memory */


typedef struct {
    int64_t    offset;
    int64_t    len;
} agent_tar_part_t;


typedef struct {
    agent_tar_part_t  *parts;
    size_t             n;
    size_t             size;
    int64_t            stored;         /* sum of their lengths */

    /* of a map in the member's data */

    uint64_t           number;
    int64_t            offset;
    size_t             left;           /* numbers to come */
    unsigned           digits:1;
    unsigned           counted:1;
    unsigned           paired:1;
} agent_tar_sparse_t;


/* removes all parts */
void agent_tar_sparse_reset(agent_tar_sparse_t *s);
void agent_tar_sparse_free(agent_tar_sparse_t *s);

/*
 * The functions below return 0, or -1: the map is invalid, too long, or there
 * is no memory for it.
 */

int agent_tar_sparse_add(agent_tar_sparse_t *s, int64_t offset, int64_t len);

/* "offset,length,offset,length", of format 0.1 */
int agent_tar_sparse_list(agent_tar_sparse_t *s, const char *text, size_t len);

/*
 * A block of the map that begins the data, of format 1.0.  *done is set to 1
 * with the last one.
 */
int agent_tar_sparse_block(agent_tar_sparse_t *s,
    const char block[AGENT_TAR_BLOCK], int *done);


#endif /* _AGENT_ARCHIVE_TAR_SPARSE_H_INCLUDED_ */
