
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SESSION_NAME_H_INCLUDED_
#define _AGENT_SESSION_NAME_H_INCLUDED_


/* [A-Za-z0-9._-]{1,128} without ".." */
int agent_session_name(const char *s);


#endif /* _AGENT_SESSION_NAME_H_INCLUDED_ */
