
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "exec/exec.h"
#include "exec/execute.h"
#include "exec/programs.h"
#include "exec/routes.h"
#include "http/router.h"


const agent_route_t  agent_exec_routes[] = {
    { "POST", "/exec", agent_exec_post },
    { "POST", "/api/execute", agent_execute_post },
    { "POST", "/api/execute/stream", agent_execute_post_stream },
    { "GET", "/api/commands", agent_programs },
    { NULL, NULL, NULL }
};
