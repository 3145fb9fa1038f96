
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_GIT_CHECKOUT_H_INCLUDED_
#define _AGENT_GIT_CHECKOUT_H_INCLUDED_


#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "git/auth.h"
#include "git/progress.h"
#include "git/url.h"
#include "http/request.h"
#include "http/sse.h"
#include "run/command.h"
#include "sys/thread_job.h"


#define AGENT_GIT_CHECKOUT_JSON    65536   /* of the request's body */
#define AGENT_GIT_CHECKOUT_BRANCH  255
#define AGENT_GIT_CHECKOUT_STDERR  4096


typedef enum {
    AGENT_GIT_PREPARING = 0,           /* the directory is made */
    AGENT_GIT_CLONING,
    AGENT_GIT_FINISHING,               /* it is looked at, or removed */
    AGENT_GIT_REMOVING,                /* with what is in it */
    AGENT_GIT_ENDED
} agent_git_state_e;


/* a checkout; outlives its request until what is half done is removed */

typedef struct {
    agent_thread_job_t   job;          /* first */
    agent_git_state_e    state;
    agent_request_t     *r;            /* NULL: the client has left */
    agent_sse_t         *sse;          /* NULL: none, or as above */
    agent_command_t     *cmd;          /* NULL: not running */

    /* parameters */

    agent_git_url_t      url;
    agent_git_auth_t     auth;
    char                 branch[AGENT_GIT_CHECKOUT_BRANCH + 1];
    char                 target[PATH_MAX];
    uint64_t             depth;        /* 0: all */
    uint64_t             timeout;      /* ms */
    pid_t                session;
    int                  streams;

    /* of the thread while it works */

    char                 current[AGENT_GIT_CHECKOUT_BRANCH + 1];
    int                  created;
    int                  rc;
    int                  err;

    /* of the loop */

    agent_git_progress_lines_t  lines;
    char                 text[AGENT_GIT_CHECKOUT_STDERR + 1];
    size_t               ntext;
    int                  failed;       /* there is a fault */
    agent_fault_t        fault;
} agent_git_checkout_t;


/* POST /api/git/checkout */
void agent_git_checkout(agent_request_t *r, json_t *body);


#endif /* _AGENT_GIT_CHECKOUT_H_INCLUDED_ */
