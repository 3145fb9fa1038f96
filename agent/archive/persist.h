
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_PERSIST_H_INCLUDED_
#define _AGENT_ARCHIVE_PERSIST_H_INCLUDED_


#include "http/request.h"


void agent_persist(agent_request_t *r);            /* POST /persist */


#endif /* _AGENT_ARCHIVE_PERSIST_H_INCLUDED_ */
