
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_CALL_H_INCLUDED_
#define _AGENT_SESSION_CALL_H_INCLUDED_


#include "session/session_int.h"


void agent_job_free(agent_job_t *job);


/* both tell the caller, from the loop, and free the job */

void agent_job_fail(agent_job_t *job, int status, const char *code,
    const char *name, const char *message);
/* the session that it waited for has ended */
void agent_job_gone(agent_job_t *job, agent_session_t *s);


#endif /* _AGENT_SESSION_CALL_H_INCLUDED_ */
