
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_GREP_H_INCLUDED_
#define _AGENT_FILES_GREP_H_INCLUDED_


#include "http/request.h"


/* POST /api/grep */
void agent_files_grep(agent_request_t *r, json_t *body);


#endif /* _AGENT_FILES_GREP_H_INCLUDED_ */
