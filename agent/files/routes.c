
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "files/entry.h"
#include "files/find.h"
#include "files/get.h"
#include "files/grep.h"
#include "files/list.h"
#include "files/move.h"
#include "files/param.h"
#include "files/put.h"
#include "files/read.h"
#include "files/read_stream.h"
#include "files/routes.h"
#include "files/write.h"
#include "http/router.h"


const agent_route_t  agent_files_routes[] = {
    { "GET", "/file", agent_files_get, NULL, 0 },
    { "GET", "/file/:path*", agent_files_get, NULL, 0 },
    { "PUT", "/file", agent_files_put, NULL, 0 },
    { "PUT", "/file/:path*", agent_files_put, NULL, 0 },
    { "POST", "/api/read",
      NULL, agent_files_read, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/read/stream",
      NULL, agent_files_read_stream, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/write", agent_files_write, NULL, 0 },
    { "POST", "/api/append", agent_files_write_append, NULL, 0 },
    { "POST", "/api/write-batch", agent_files_write_batch, NULL, 0 },
    { "POST", "/api/list-files",
      NULL, agent_files_list, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/find",
      NULL, agent_files_find, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/grep",
      NULL, agent_files_grep, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/stat",
      NULL, agent_files_entry_stat, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/exists",
      NULL, agent_files_entry_exists, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/chmod",
      NULL, agent_files_entry_chmod, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/mkdir",
      NULL, agent_files_entry_mkdir, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/delete",
      NULL, agent_files_move_delete, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/rename",
      NULL, agent_files_move_rename, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/move",
      NULL, agent_files_move, AGENT_FILES_PARAM_JSON_MAX },
    { "POST", "/api/copy",
      NULL, agent_files_move_copy, AGENT_FILES_PARAM_JSON_MAX },
    { NULL, NULL, NULL, NULL, 0 }
};
