
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_READ_H_INCLUDED_
#define _AGENT_FILES_READ_H_INCLUDED_


#include "http/request.h"


/* POST /api/read and /api/read/stream */
void agent_files_read(agent_request_t *r);
void agent_files_read_stream(agent_request_t *r);


#endif /* _AGENT_FILES_READ_H_INCLUDED_ */
