
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "files/get.h"
#include "files/put.h"
#include "files/routes.h"
#include "http/router.h"


const agent_route_t  agent_files_routes[] = {
    { "GET", "/file", agent_files_get },
    { "GET", "/file/:path*", agent_files_get },
    { "PUT", "/file", agent_files_put },
    { "PUT", "/file/:path*", agent_files_put },
    { NULL, NULL, NULL }
};
