
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_REFUSE_H_INCLUDED_
#define _AGENT_ARCHIVE_REFUSE_H_INCLUDED_


#include "base/fault.h"


/* both always return -1; a path or member may be any bytes */

/*
 * The fault of an errno, with the codes of the REST routes; writing to the
 * sandbox, or reading from it
 */
int agent_refuse_errno(agent_fault_t *fault, int err, int writing,
    const char *path);

/* what is wrong with a member of an archive that is received */
int agent_refuse(agent_fault_t *fault, int status,
    const char *member, const char *reason);


#endif /* _AGENT_ARCHIVE_REFUSE_H_INCLUDED_ */
