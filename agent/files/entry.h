
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_ENTRY_H_INCLUDED_
#define _AGENT_FILES_ENTRY_H_INCLUDED_


#include <sys/stat.h>

#include "base/json_writer.h"
#include "http/request.h"


/* POST /api/stat, /api/exists, /api/chmod and /api/mkdir */
void agent_files_entry_stat(agent_request_t *r, json_t *body);
void agent_files_entry_exists(agent_request_t *r, json_t *body);
void agent_files_entry_chmod(agent_request_t *r, json_t *body);
void agent_files_entry_mkdir(agent_request_t *r, json_t *body);

/* the members type, size, modifiedAt, mode and permissions */
void agent_files_entry_json(agent_json_writer_t *w, const struct stat *st);


#endif /* _AGENT_FILES_ENTRY_H_INCLUDED_ */
