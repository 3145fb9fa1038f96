
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_GIT_PARAM_H_INCLUDED_
#define _AGENT_GIT_PARAM_H_INCLUDED_


#include <jansson.h>

#include "base/fault.h"
#include "git/checkout.h"
#include "http/request.h"


/*
 * Reads the body and headers of a request into the parameters of a checkout.
 * 0, or -1 with a fault.
 */
int agent_git_param(agent_git_checkout_t *g, agent_request_t *r, json_t *body,
    agent_fault_t *fault);


#endif /* _AGENT_GIT_PARAM_H_INCLUDED_ */
