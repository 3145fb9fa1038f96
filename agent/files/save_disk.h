
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_SAVE_DISK_H_INCLUDED_
#define _AGENT_FILES_SAVE_DISK_H_INCLUDED_


#include "sys/thread_job.h"


/*
 * What a thread does for an agent_save_t, with the identity of the sandbox's
 * user: it opens the temporary file, writes what there is and, if that is all,
 * puts the file in place.  On failure it sets disk_err.
 */
void agent_save_disk_run(agent_thread_job_t *job);

/* removes the temporary file, if it is left, and closes everything */
void agent_save_disk_discard(agent_thread_job_t *job);


#endif /* _AGENT_FILES_SAVE_DISK_H_INCLUDED_ */
