
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_DETACHED_H_INCLUDED_
#define _AGENT_SESSION_DETACHED_H_INCLUDED_


#include <sys/types.h>
#include <uv.h>

#include "session/session_int.h"
#include "session/shell.h"


/* the subshell has reported its pid; is adopted; could not be forked */
void agent_detached_report(agent_shell_t *shell, pid_t pid);
void agent_detached_adopt(agent_session_t *s, agent_call_t *call);
void agent_detached_failed(agent_session_t *s);

/* handler of s->timer: the subshell has not reported its pid */
void agent_detached_timeout(uv_timer_t *timer);


#endif /* _AGENT_SESSION_DETACHED_H_INCLUDED_ */
