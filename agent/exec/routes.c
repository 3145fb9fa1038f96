
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "exec/exec.h"
#include "exec/execute.h"
#include "exec/programs.h"
#include "exec/routes.h"
#include "http/router.h"
#include "run/command.h"


const agent_route_t  agent_exec_routes[] = {
    { "POST", "/exec", agent_exec_post, NULL, 0 },
    { "POST", "/api/execute",
      NULL, agent_execute_post, AGENT_COMMAND_JSON_MAX },
    { "POST", "/api/execute/stream",
      NULL, agent_execute_post_stream, AGENT_COMMAND_JSON_MAX },
    { "GET", "/api/commands", agent_programs, NULL, 0 },
    { NULL, NULL, NULL, NULL, 0 }
};
