
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_PUT_H_INCLUDED_
#define _AGENT_FILES_PUT_H_INCLUDED_


#include "http/request.h"


/* PUT /file/<path> */
void agent_files_put(agent_request_t *r);


#endif /* _AGENT_FILES_PUT_H_INCLUDED_ */
