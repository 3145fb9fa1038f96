
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_MOVE_H_INCLUDED_
#define _AGENT_FILES_MOVE_H_INCLUDED_


#include "http/request.h"


/* POST /api/delete, /api/rename, /api/move and /api/copy */
void agent_files_move_delete(agent_request_t *r, json_t *body);
void agent_files_move_rename(agent_request_t *r, json_t *body);
void agent_files_move(agent_request_t *r, json_t *body);
void agent_files_move_copy(agent_request_t *r, json_t *body);


#endif /* _AGENT_FILES_MOVE_H_INCLUDED_ */
