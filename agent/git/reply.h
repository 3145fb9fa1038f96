
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_GIT_REPLY_H_INCLUDED_
#define _AGENT_GIT_REPLY_H_INCLUDED_


#include <stddef.h>

#include "git/checkout.h"
#include "git/progress.h"
#include "run/command.h"


/* what the client of a checkout gets: one answer in JSON, or events */


/* events; nothing without a stream */
void agent_git_reply_begin(agent_git_checkout_t *g);
void agent_git_reply_progress(agent_git_checkout_t *g,
    const agent_git_progress_t *p);

/* another line of git, which is kept for a fault */
void agent_git_reply_line(agent_git_checkout_t *g, const char *line,
    size_t len);

/* set the fault */
void agent_git_reply_errno(agent_git_checkout_t *g, int err);
void agent_git_reply_unstarted(agent_git_checkout_t *g, agent_command_t *cmd);
void agent_git_reply_failed(agent_git_checkout_t *g, const agent_exit_t *e);

/* the answer, or the last event */
void agent_git_reply(agent_git_checkout_t *g);


#endif /* _AGENT_GIT_REPLY_H_INCLUDED_ */
