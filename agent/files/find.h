
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_FIND_H_INCLUDED_
#define _AGENT_FILES_FIND_H_INCLUDED_


#include "http/request.h"


/* POST /api/find */
void agent_files_find(agent_request_t *r, json_t *body);


#endif /* _AGENT_FILES_FIND_H_INCLUDED_ */
