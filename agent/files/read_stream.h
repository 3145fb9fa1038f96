
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_READ_STREAM_H_INCLUDED_
#define _AGENT_FILES_READ_STREAM_H_INCLUDED_


#include "base/fault.h"
#include "files/read_int.h"
#include "http/request.h"


/* POST /api/read/stream */
void agent_files_read_stream(agent_request_t *r, json_t *body);

/* for read.c: the type is known; there is more to send; it failed */
void agent_read_stream_begin(agent_read_t *f);
void agent_read_stream_send(agent_read_t *f);
void agent_read_stream_failed(agent_read_t *f, agent_fault_t *fault);


#endif /* _AGENT_FILES_READ_STREAM_H_INCLUDED_ */
