
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_READ_H_INCLUDED_
#define _AGENT_FILES_READ_H_INCLUDED_


#include "http/request.h"


/* POST /api/read */
void agent_files_read(agent_request_t *r, json_t *body);


#endif /* _AGENT_FILES_READ_H_INCLUDED_ */
