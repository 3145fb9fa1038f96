
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_GUNZIP_H_INCLUDED_
#define _AGENT_ARCHIVE_GUNZIP_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "archive/tar_reader.h"
#include "base/fault.h"


/*
 * Passes an archive on to its reader, uncompressed if it begins as gzip.  What
 * expands to more than AGENT_GUNZIP_RATIO times its size, beyond the first
 * AGENT_GUNZIP_FREE bytes, is refused.
 */

#define AGENT_GUNZIP_RATIO   200
#define AGENT_GUNZIP_FREE    (64 * 1024 * 1024)
#define AGENT_GUNZIP_BUFFER  32768


typedef struct {
    agent_tar_reader_t  *reader;       /* set by the caller */

    z_stream             z;
    uint64_t             in;           /* bytes */
    uint64_t             out;
    char                 magic[3];
    size_t               nmagic;
    char                 buf[AGENT_GUNZIP_BUFFER];

    unsigned             known:1;      /* whether it is compressed */
    unsigned             gzip:1;
    unsigned             ended:1;      /* a stream is complete */
} agent_gunzip_t;


/* both: 0, or -1 with a fault */
int agent_gunzip_feed(agent_gunzip_t *g, const char *buf, size_t len,
    agent_fault_t *f);
int agent_gunzip_finish(agent_gunzip_t *g, agent_fault_t *f);

void agent_gunzip_free(agent_gunzip_t *g);


#endif /* _AGENT_ARCHIVE_GUNZIP_H_INCLUDED_ */
