
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_TARGET_H_INCLUDED_
#define _AGENT_ARCHIVE_TARGET_H_INCLUDED_


#include "base/fault.h"
#include "http/request.h"


/* the directory that is archived or extracted to */


typedef struct {
    char        *path;                 /* to be freed by the caller */
    unsigned     restores:1;           /* extracted to, not archived */
    unsigned     backup:1;             /* with the errors of backups */
} agent_archive_target_t;


/*
 * Takes it from the query: "dir", by default the workspace, and whether it is
 * for a "backup".  0, or -1 after an error response.
 */
int agent_archive_target(agent_archive_target_t *t, agent_request_t *r,
    int restores);

/*
 * Opens it for listing, and creates it and its parents if asked to.  Blocks;
 * runs with the user's identity.  A descriptor, or -1 with errno.
 */
int agent_archive_target_open(const agent_archive_target_t *t, int make);

/* makes a fault that of a backup; opened: the directory was there */
void agent_archive_target_fault(const agent_archive_target_t *t, int opened,
    agent_fault_t *f);


#endif /* _AGENT_ARCHIVE_TARGET_H_INCLUDED_ */
