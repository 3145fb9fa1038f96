
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "http/router.h"
#include "port/ready_route.h"
#include "port/routes.h"


const agent_route_t  agent_port_routes[] = {
    { "POST", "/api/port-watch",
      NULL, agent_ready_route, AGENT_PORT_JSON_MAX },
    { NULL, NULL, NULL, NULL, 0 }
};
