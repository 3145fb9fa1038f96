
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_WRITE_H_INCLUDED_
#define _AGENT_FILES_WRITE_H_INCLUDED_


#include "http/request.h"


/* POST /api/write, /api/append and /api/write-batch */
void agent_files_write(agent_request_t *r);
void agent_files_write_append(agent_request_t *r);
void agent_files_write_batch(agent_request_t *r);


#endif /* _AGENT_FILES_WRITE_H_INCLUDED_ */
