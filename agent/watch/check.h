
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_CHECK_H_INCLUDED_
#define _AGENT_WATCH_CHECK_H_INCLUDED_


#include "http/request.h"


/* POST /api/watch/check */
void agent_watch_check(agent_request_t *r, json_t *body);


#endif /* _AGENT_WATCH_CHECK_H_INCLUDED_ */
