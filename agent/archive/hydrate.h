
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_HYDRATE_H_INCLUDED_
#define _AGENT_ARCHIVE_HYDRATE_H_INCLUDED_


#include "http/request.h"


void agent_hydrate(agent_request_t *r);            /* POST /hydrate */


#endif /* _AGENT_ARCHIVE_HYDRATE_H_INCLUDED_ */
