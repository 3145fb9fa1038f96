
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_ARCHIVE_H_INCLUDED_
#define _AGENT_ARCHIVE_ARCHIVE_H_INCLUDED_


#include "http/request.h"


/*
 * Counts an archive that is written or read, and its memory.  0, or -1 after an
 * error response: there are too many.
 */
int agent_archive_enter(agent_request_t *r);
void agent_archive_leave(void);


#endif /* _AGENT_ARCHIVE_ARCHIVE_H_INCLUDED_ */
