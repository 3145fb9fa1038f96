
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_PUT_DISK_H_INCLUDED_
#define _AGENT_FILES_PUT_DISK_H_INCLUDED_


#include "sys/thread_job.h"


/*
 * What a thread does for an upload.  Each sets disk_err on failure.  All but
 * agent_put_disk_write(), which writes the list "writing", need the identity
 * of the sandbox's user.
 */
void agent_put_disk_open(agent_thread_job_t *job);
void agent_put_disk_write(agent_thread_job_t *job);
void agent_put_disk_commit(agent_thread_job_t *job);
void agent_put_disk_discard(agent_thread_job_t *job);


#endif /* _AGENT_FILES_PUT_DISK_H_INCLUDED_ */
