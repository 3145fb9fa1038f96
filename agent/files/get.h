
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_GET_H_INCLUDED_
#define _AGENT_FILES_GET_H_INCLUDED_


#include "http/request.h"


void agent_files_get(agent_request_t *r);   /* HEAD too */


#endif /* _AGENT_FILES_GET_H_INCLUDED_ */
