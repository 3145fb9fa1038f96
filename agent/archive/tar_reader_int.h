
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_TAR_READER_INT_H_INCLUDED_
#define _AGENT_ARCHIVE_TAR_READER_INT_H_INCLUDED_


#include "archive/tar_reader.h"


/* of tar_reader.c, for its headers; int is 0, or -1 with a fault */


/* the headers of a member are complete */
int agent_tar_reader_begin(agent_tar_reader_t *r, agent_fault_t *f);
/* skips what is left of this member */
void agent_tar_reader_next(agent_tar_reader_t *r);
/* forgets what was said about one member */
void agent_tar_reader_forget(agent_tar_reader_t *r);
/* the name that counts */
const char *agent_tar_reader_name(agent_tar_reader_t *r);
/* always -1 */
int agent_tar_reader_damaged(agent_tar_reader_t *r, agent_fault_t *f,
    const char *what);


#endif /* _AGENT_ARCHIVE_TAR_READER_INT_H_INCLUDED_ */
