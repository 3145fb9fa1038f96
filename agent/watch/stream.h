
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_STREAM_H_INCLUDED_
#define _AGENT_WATCH_STREAM_H_INCLUDED_


#include "http/request.h"


/* POST /api/watch */
void agent_watch_stream(agent_request_t *r, json_t *body);


#endif /* _AGENT_WATCH_STREAM_H_INCLUDED_ */
