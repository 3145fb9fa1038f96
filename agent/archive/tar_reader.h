
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_TAR_READER_H_INCLUDED_
#define _AGENT_ARCHIVE_TAR_READER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "archive/tar.h"
#include "archive/tar_pax.h"
#include "archive/tar_sparse.h"
#include "base/buffer.h"
#include "base/fault.h"


/*
 * Reads a tar archive that arrives in pieces of any size: ustar and pax, the
 * formats of GNU tar with long names and all its kinds of sparse files, and
 * the one of Version 7.  What an archive makes it keep in memory is at most a
 * header of AGENT_TAR_READER_HEADER bytes, a map of a sparse file, and names.
 */

#define AGENT_TAR_READER_HEADER  (512 * 1024)


/* what is called for a member; 0, or -1 with a fault */

typedef struct {
    /* name and link may be anything; they are valid until end returns */
    int  (*begin)(void *data, const agent_tar_member_t *m, agent_fault_t *f);
    /* stored bytes of a file; offsets ascend */
    int  (*content)(void *data, int64_t offset, const char *buf, size_t len,
                    agent_fault_t *f);
    int  (*end)(void *data, agent_fault_t *f);
} agent_tar_reader_ops_t;


typedef enum {
    AGENT_TAR_READER_HEADER_BLOCK = 0,
    AGENT_TAR_READER_META,             /* a name, or pax records */
    AGENT_TAR_READER_SPARSE,           /* a further block of a GNU map */
    AGENT_TAR_READER_MAP,              /* a map in the data */
    AGENT_TAR_READER_DATA,
    AGENT_TAR_READER_SKIP,
    AGENT_TAR_READER_END
} agent_tar_reader_state_e;


typedef struct {
    /* set by the caller */

    const agent_tar_reader_ops_t  *ops;
    void                      *data;

    /* private to tar_reader.c */

    agent_tar_reader_state_e   state;
    uint64_t                   offset;     /* of the archive */
    agent_tar_header_t         block;
    size_t                     have;       /* bytes of the block */

    char                       type;       /* of the header, and its fields */
    int64_t                    size;
    int64_t                    left;       /* bytes to come of the data */
    size_t                     pad;        /* bytes after it */

    agent_buffer_t             meta;
    char                      *long_name;
    char                      *long_link;
    char                       name[260];  /* of the header */
    char                       link[104];
    agent_tar_pax_t            pax;
    agent_tar_pax_t            global;
    agent_tar_sparse_t         sparse;
    int64_t                    real_size;
    int64_t                    position;   /* of the next stored byte */
    size_t                     part;
    agent_tar_member_t         m;

    unsigned                   begun:1;    /* a valid header was read */
    unsigned                   described:1;  /* by headers before its own */
    unsigned                   gnu_sparse:1;
} agent_tar_reader_t;


/* to be called with ops and data set, and all else zero */
void agent_tar_reader_init(agent_tar_reader_t *r);
void agent_tar_reader_free(agent_tar_reader_t *r);

/* both: 0, or -1 with a fault, after which only free() may follow */
int agent_tar_reader_feed(agent_tar_reader_t *r, const char *buf, size_t len,
    agent_fault_t *f);
int agent_tar_reader_finish(agent_tar_reader_t *r, agent_fault_t *f);


#endif /* _AGENT_ARCHIVE_TAR_READER_H_INCLUDED_ */
