
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "http/router.h"
#include "transport/multiplex.h"
#include "transport/routes.h"


const agent_route_t  agent_transport_routes[] = {
    { "GET", "/ws", agent_multiplex_get, NULL, 0 },
    { "GET", "/api/ws", agent_multiplex_get, NULL, 0 },
    { NULL, NULL, NULL, NULL, 0 }
};
