
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_UNPACK_H_INCLUDED_
#define _AGENT_ARCHIVE_UNPACK_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "archive/stage.h"
#include "archive/tar.h"
#include "archive/tar_reader.h"
#include "base/fault.h"
#include "base/temporary.h"


/*
 * Writes the members of an archive below a directory.  Each name is looked up
 * beneath that directory, and no symbolic link is followed, whoever makes one
 * meanwhile.  A file that exists is replaced once its new content is complete;
 * one that is new and remains incomplete is removed.  All of it blocks.
 *
 * What is refused, with a fault: names that are absolute or contain "..",
 * names below a symbolic link, links to such names, devices and FIFOs,
 * set-user-ID and set-group-ID of files, and more than the limits.
 */

#define AGENT_UNPACK_ENTRIES  1000000
#define AGENT_UNPACK_BYTES    (64LL * 1024 * 1024 * 1024)

/* a file may be this much larger than what the archive has of it */
#define AGENT_UNPACK_RATIO    200
#define AGENT_UNPACK_FREE     (64 * 1024 * 1024)


typedef struct agent_unpack_pending_s  agent_unpack_pending_t;


typedef struct {
    int                  root;
    unsigned             owner:1;      /* ids as in the archive, if allowed */
    unsigned             sparse:1;     /* holes of any size */

    int                  target;       /* -1: root */
    agent_stage_t        stage;        /* of the target */

    /* the directory of the last member */

    int                  dir;          /* -1: none */
    char                 path[AGENT_TAR_PATH + 1];

    /* the file that is being written */

    int                  fd;           /* -1: none */
    const char          *shown;        /* its name in the archive */
    char                 name[AGENT_TAR_PATH + 1];
    const char          *base;         /* its last component */
    /* "": written under its own name */
    char                 temp[AGENT_TEMPORARY_SIZE];
    agent_tar_member_t   m;

    /* directories whose mode and time are set when they are complete */

    agent_unpack_pending_t  *pending;  /* the last one first */
    size_t               memory;       /* bytes of all of them */

    uint64_t             entries;
    int64_t              bytes;
    unsigned             serial;
} agent_unpack_t;


/* the callbacks of a reader, whose data is the structure above */
extern const agent_tar_reader_ops_t  agent_unpack_ops;


/*
 * Takes ownership of the directory.  replace: its contents are replaced by
 * those of the archive, when it is complete.  0, or -1 with errno.
 */
int agent_unpack_open(agent_unpack_t *u, int fd, int replace);

/* after the last member; 0, or -1 with errno */
int agent_unpack_finish(agent_unpack_t *u);

/* closes all, and removes a file that is incomplete */
void agent_unpack_close(agent_unpack_t *u);


#endif /* _AGENT_ARCHIVE_UNPACK_H_INCLUDED_ */
