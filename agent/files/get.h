
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_GET_H_INCLUDED_
#define _AGENT_FILES_GET_H_INCLUDED_


#include "http/request.h"


/* path: what follows "/file/" in r->path, still encoded */
void agent_files_get(agent_request_t *r, const char *path);   /* HEAD too */


#endif /* _AGENT_FILES_GET_H_INCLUDED_ */
