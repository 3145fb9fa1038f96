
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "git/checkout.h"
#include "git/routes.h"
#include "http/router.h"


const agent_route_t  agent_git_routes[] = {
    { "POST", "/api/git/checkout",
      NULL, agent_git_checkout, AGENT_GIT_CHECKOUT_JSON },
    { NULL, NULL, NULL, NULL, 0 }
};
