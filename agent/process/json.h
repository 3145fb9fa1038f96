
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PROCESS_JSON_H_INCLUDED_
#define _AGENT_PROCESS_JSON_H_INCLUDED_


#include <jansson.h>

#include "process/process.h"


const char *agent_process_json_status(agent_process_status_e status);

/* as returned by the routes */
json_t *agent_process_json(agent_process_t *p);

/* adds the members that describe its exit */
void agent_process_json_end(json_t *json, agent_process_t *p);

/* {success, processId, …, timestamp} */
json_t *agent_process_json_reply(agent_process_t *p);


#endif /* _AGENT_PROCESS_JSON_H_INCLUDED_ */
