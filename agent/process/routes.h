
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PROCESS_API_H_INCLUDED_
#define _AGENT_PROCESS_API_H_INCLUDED_


#include "http/http.h"


/* handlers of the routes below /api/process, and of /api/port-watch */

void agent_process_post_start(agent_request_t *r);

/* process_api.c */
void agent_process_get_list(agent_request_t *r);
void agent_process_get(agent_request_t *r);
void agent_process_delete(agent_request_t *r);
void agent_process_delete_all(agent_request_t *r);
void agent_process_post_signal(agent_request_t *r);

/* process_logs.c */
void agent_process_get_logs(agent_request_t *r);

/* process_stream.c */
void agent_process_get_stream(agent_request_t *r);

/* process_stdin.c */
void agent_process_post_stdin(agent_request_t *r);

/* process_wait.c */
void agent_process_post_wait_exit(agent_request_t *r);
void agent_process_post_wait_log(agent_request_t *r);
void agent_process_post_wait_port(agent_request_t *r);

/* port_watch.c */
void agent_port_watch(agent_request_t *r);


#endif /* _AGENT_PROCESS_API_H_INCLUDED_ */
