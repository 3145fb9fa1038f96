
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
#include "files/put.h"
#include "files/read.h"
#include "files/read_stream.h"
#include "files/routes.h"
#include "files/write.h"
#include "http/router.h"


const agent_route_t  agent_files_routes[] = {
    { "GET", "/file", agent_files_get },
    { "GET", "/file/:path*", agent_files_get },
    { "PUT", "/file", agent_files_put },
    { "PUT", "/file/:path*", agent_files_put },
    { "POST", "/api/read", agent_files_read },
    { "POST", "/api/read/stream", agent_files_read_stream },
    { "POST", "/api/write", agent_files_write },
    { "POST", "/api/append", agent_files_write_append },
    { "POST", "/api/write-batch", agent_files_write_batch },
    { "POST", "/api/list-files", agent_files_list },
    { "POST", "/api/find", agent_files_find },
    { "POST", "/api/grep", agent_files_grep },
    { "POST", "/api/stat", agent_files_entry_stat },
    { "POST", "/api/exists", agent_files_entry_exists },
    { "POST", "/api/chmod", agent_files_entry_chmod },
    { "POST", "/api/mkdir", agent_files_entry_mkdir },
    { "POST", "/api/delete", agent_files_move_delete },
    { "POST", "/api/rename", agent_files_move_rename },
    { "POST", "/api/move", agent_files_move },
    { "POST", "/api/copy", agent_files_move_copy },
    { NULL, NULL, NULL }
};
