
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_CALL_H_INCLUDED_
#define _AGENT_SESSION_CALL_H_INCLUDED_


#include "session/session_int.h"


void agent_call_free(agent_call_t *call);


/* both notify the caller from the loop, and free the call */

/* context is stolen; NULL: the session's name */
void agent_call_fail(agent_call_t *call, int status, const char *code,
    json_t *context, const char *name, const char *message);
/* the session that it was waiting for has ended */
void agent_call_gone(agent_call_t *call, agent_session_t *s);


#endif /* _AGENT_SESSION_CALL_H_INCLUDED_ */
