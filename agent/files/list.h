
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_LIST_H_INCLUDED_
#define _AGENT_FILES_LIST_H_INCLUDED_


#include "http/request.h"


/* POST /api/list-files */
void agent_files_list(agent_request_t *r, json_t *body);


#endif /* _AGENT_FILES_LIST_H_INCLUDED_ */
