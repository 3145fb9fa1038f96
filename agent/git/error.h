
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_GIT_ERROR_H_INCLUDED_
#define _AGENT_GIT_ERROR_H_INCLUDED_


typedef struct {
    int          status;               /* HTTP */
    const char  *code;
    const char  *text;
} agent_git_error_t;


/* what git's last lines on stderr say about a clone that has failed */
const agent_git_error_t *agent_git_error(const char *text, int exit_code);


#endif /* _AGENT_GIT_ERROR_H_INCLUDED_ */
