
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_PUT_DISK_H_INCLUDED_
#define _AGENT_FILES_PUT_DISK_H_INCLUDED_


#include <uv.h>


/*
 * Work functions for the thread pool.  Each sets err on failure; writing is
 * the list that agent_put_disk_write() writes.
 */
void agent_put_disk_open(uv_work_t *work);
void agent_put_disk_write(uv_work_t *work);
void agent_put_disk_commit(uv_work_t *work);
void agent_put_disk_discard(uv_work_t *work);


#endif /* _AGENT_FILES_PUT_DISK_H_INCLUDED_ */
