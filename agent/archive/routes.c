
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "archive/hydrate.h"
#include "archive/persist.h"
#include "archive/routes.h"
#include "http/router.h"


const agent_route_t  agent_archive_routes[] = {
    { "POST", "/persist", agent_persist, NULL, 0 },
    { "POST", "/hydrate", agent_hydrate, NULL, 0 },
    { NULL, NULL, NULL, NULL, 0 }
};
