
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_WORKSPACE_H_INCLUDED_
#define _AGENT_RUN_WORKSPACE_H_INCLUDED_


extern const char  *agent_workspace_workdir;  /* the image's WORKDIR */

/* creates the default working directory of commands if it is missing */
void agent_workspace_make(void);

/* the working directory in which the agent was started */
void agent_workspace_init(void);

/* changes a workspace owned by root to the sandbox's user */
void agent_workspace_own(void);


#endif /* _AGENT_RUN_WORKSPACE_H_INCLUDED_ */
