
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_COPY_H_INCLUDED_
#define _AGENT_FILES_COPY_H_INCLUDED_


#include <stdint.h>
#include <sys/stat.h>


/*
 * Copies a file or a directory tree in slices.  Links in the tree are copied
 * as links, holes stay holes, FIFOs are made anew, and sockets and devices are
 * counted and left out.  The functions block, and run in a thread with the
 * user's identity.
 */


#define AGENT_COPY_DEPTH  128          /* of directories: ENAMETOOLONG */


typedef struct agent_copy_s  agent_copy_t;


/*
 * Begins to copy the name in from, whose status is st, to the new name in to.
 * exact: owners, times and special mode bits are copied as far as permitted.
 * The descriptors are borrowed to the end.  NULL with errno.
 */
agent_copy_t *agent_copy_start(int from, const char *name,
    const struct stat *st, int to, const char *copy, int exact);

/*
 * Works until that time, ms, or for one entry or piece at least.  1: there is
 * more, 0: done, -1 with errno: a part of the copy is left behind.
 */
int agent_copy_step(agent_copy_t *c, uint64_t until);

/* sockets and devices that were left out */
uint64_t agent_copy_skipped(agent_copy_t *c);

void agent_copy_free(agent_copy_t *c);

/* copies the rest of an open file to another one, without holes; blocks */
int agent_copy_bytes(int from, int to);


#endif /* _AGENT_FILES_COPY_H_INCLUDED_ */
