
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "git/checkout.h"
#include "git/error.h"
#include "git/param.h"
#include "git/reply.h"
#include "git/target.h"
#include "http/error.h"
#include "run/child.h"
#include "run/workspace.h"


/*
 * POST /api/git/checkout: clones a repository into a directory that is new or
 * empty.  If that fails or the client leaves, the directory is as it was.
 */

#define AGENT_GIT_CHECKOUT_ARGS  16

/* ms to remove a directory */
#define AGENT_GIT_CHECKOUT_RM    600000


static void agent_git_checkout_work(agent_git_checkout_t *g,
    agent_git_state_e state);
static void agent_git_checkout_run(agent_thread_job_t *job);
static void agent_git_checkout_done(agent_thread_job_t *job);
static void agent_git_checkout_clone(agent_git_checkout_t *g);
static int agent_git_checkout_start(agent_git_checkout_t *g, char **argv,
    const agent_sink_t *sink, const char **env, uint64_t timeout);
static void agent_git_checkout_write(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static void agent_git_checkout_line(void *data, char *line, size_t len,
    int cut);
static void agent_git_checkout_exit(agent_command_t *cmd,
    const agent_exit_t *e);
static void agent_git_checkout_remove(agent_git_checkout_t *g);
static void agent_git_checkout_removed(agent_command_t *cmd,
    const agent_exit_t *e);
static void agent_git_checkout_drop(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static void agent_git_checkout_end(agent_git_checkout_t *g);
static void agent_git_checkout_close(agent_request_t *r, int aborted);
static void agent_git_checkout_closed(void *data);
static void agent_git_checkout_free(agent_git_checkout_t *g);


static const agent_sink_t  agent_git_checkout_sink = {
    agent_git_checkout_write,
    NULL,
    agent_git_checkout_exit
};

static const agent_sink_t  agent_git_checkout_rm_sink = {
    agent_git_checkout_drop,
    NULL,
    agent_git_checkout_removed
};


void
agent_git_checkout(agent_request_t *r, json_t *body)
{
    agent_fault_t          fault;
    agent_git_checkout_t  *g;

    g = calloc(1, sizeof(agent_git_checkout_t));

    if (g == NULL) {
        (void) agent_fault_no_memory(&fault);
        agent_http_error_fault(r, &fault);
        return;
    }

    if (agent_git_param(g, r, body, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        agent_git_checkout_free(g);
        return;
    }

    g->r = r;
    g->lines.on_line = agent_git_checkout_line;
    g->lines.data = g;

    /* it is never detached: what is half done is removed in any case */

    g->job.run = agent_git_checkout_run;
    g->job.done = agent_git_checkout_done;
    g->job.owner = g;
    g->job.as_user = 1;

    r->data = g;
    r->on_close = agent_git_checkout_close;

    agent_workspace_make();

    agent_git_checkout_work(g, AGENT_GIT_PREPARING);
}


static void
agent_git_checkout_work(agent_git_checkout_t *g, agent_git_state_e state)
{
    g->state = state;

    (void) agent_thread_job_start(&g->job);
}


static void
agent_git_checkout_run(agent_thread_job_t *job)
{
    agent_git_checkout_t  *g;

    g = (agent_git_checkout_t *) job;

    if (g->state == AGENT_GIT_PREPARING) {
        g->rc = agent_git_target_resolve(g->target, g->session);

        if (g->rc == 0) {
            g->rc = agent_git_target_make(g->target);
            g->created = (g->rc == 1);
        }

    } else if (g->failed) {
        g->rc = agent_git_target_remove(g->target, g->created);

    } else {
        agent_git_target_branch(g->target, g->current);
        g->rc = 0;
    }

    if (g->rc == -1) {
        g->err = errno;
    }
}


static void
agent_git_checkout_done(agent_thread_job_t *job)
{
    agent_git_checkout_t  *g;

    g = (agent_git_checkout_t *) job;

    if (job->error) {
        g->rc = -1;
        g->err = job->error;
    }

    if (g->state == AGENT_GIT_FINISHING) {

        if (g->failed && g->rc == 1) {
            agent_git_checkout_remove(g);

        } else {
            agent_git_checkout_end(g);
        }

        return;
    }

    if (g->rc == -1) {
        g->failed = 1;
        agent_git_reply_errno(g, g->err);
        agent_git_checkout_end(g);
        return;
    }

    if (g->r == NULL) {
        g->failed = 1;
        agent_git_checkout_work(g, AGENT_GIT_FINISHING);
        return;
    }

    agent_git_checkout_clone(g);
}


static void
agent_git_checkout_clone(agent_git_checkout_t *g)
{
    int    n;
    char  *argv[AGENT_GIT_CHECKOUT_ARGS];
    char   depth[32], branch[AGENT_GIT_CHECKOUT_BRANCH + 16];

    n = 0;
    argv[n++] = "git";

    /* a server that sends nothing ends the clone long before the timeout */

    argv[n++] = "-c";
    argv[n++] = "http.lowSpeedLimit=1024";
    argv[n++] = "-c";
    argv[n++] = "http.lowSpeedTime=30";
    argv[n++] = "clone";
    argv[n++] = "--progress";

    /* what is left out is fetched later on, then without credentials */

    if (g->auth.header == NULL) {
        argv[n++] = "--filter=blob:none";
    }

    if (g->branch[0]) {
        (void) snprintf(branch, sizeof(branch), "--branch=%s", g->branch);
        argv[n++] = branch;
    }

    if (g->depth) {
        (void) snprintf(depth, sizeof(depth), "--depth=%llu",
                        (unsigned long long) g->depth);
        argv[n++] = depth;
    }

    argv[n++] = "--";
    argv[n++] = g->url.clean;
    argv[n++] = g->target;
    argv[n] = NULL;

    g->state = AGENT_GIT_CLONING;

    if (agent_git_checkout_start(g, argv, &agent_git_checkout_sink,
                                 g->auth.env, g->timeout)
        == -1)
    {
        g->failed = 1;
        agent_git_checkout_work(g, AGENT_GIT_FINISHING);
        return;
    }

    if (!g->streams) {
        return;
    }

    g->sse = agent_sse_create(g->r);

    if (g->sse == NULL) {

        /* the request still has its own handler, which ends all of it */

        g->streams = 0;
        agent_command_end(g->cmd);
        return;
    }

    g->sse->data = g;
    g->sse->on_close = agent_git_checkout_closed;

    agent_git_reply_begin(g);
}


/* 0, or -1; then a clone has a fault */

static int
agent_git_checkout_start(agent_git_checkout_t *g, char **argv,
    const agent_sink_t *sink, const char **env, uint64_t timeout)
{
    const char       *programs[2];
    agent_command_t  *cmd;

    cmd = agent_command_create();

    if (cmd == NULL) {
        (void) agent_fault_no_memory(&g->fault);
        return -1;
    }

    programs[0] = argv[0];
    programs[1] = NULL;

    cmd->programs = programs;
    cmd->argv = argv;
    cmd->env = env;
    cmd->timeout_ms = timeout;
    cmd->sink = sink;
    cmd->data = g;

    if (agent_run_child_start(cmd) != 0) {

        if (g->state == AGENT_GIT_CLONING) {
            agent_git_reply_unstarted(g, cmd);
        }

        agent_command_destroy(cmd);
        return -1;
    }

    g->cmd = cmd;

    return 0;
}


static void
agent_git_checkout_write(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    agent_git_checkout_t  *g;

    g = cmd->data;

    if (stream == 2) {
        agent_git_progress_feed(&g->lines, buf, len);
    }
}


static void
agent_git_checkout_line(void *data, char *line, size_t len, int cut)
{
    agent_git_progress_t   p;
    agent_git_checkout_t  *g = data;

    len = agent_git_auth_redact(&g->auth, line, len);

    /* the end may have a part of what is to be redacted */

    if (cut) {
        len = len > g->auth.longest ? len - g->auth.longest : 0;
    }

    if (agent_git_progress_parse(&p, line, len)) {
        agent_git_reply_progress(g, &p);
        return;
    }

    agent_git_reply_line(g, line, len);
}


static void
agent_git_checkout_exit(agent_command_t *cmd, const agent_exit_t *e)
{
    agent_git_checkout_t  *g;

    g = cmd->data;
    g->cmd = NULL;

    agent_git_progress_end(&g->lines);

    if (e->code != 0) {
        g->failed = 1;
        agent_git_reply_failed(g, e);
    }

    agent_git_checkout_work(g, AGENT_GIT_FINISHING);
}


/* git itself removes what it has made, unless it had no time to */

static void
agent_git_checkout_remove(agent_git_checkout_t *g)
{
    char  *rm[] = { "rm", "-rf", "--", g->target, NULL };
    char  *empty[] = { "find", g->target, "-mindepth", "1", "-delete", NULL };

    g->state = AGENT_GIT_REMOVING;

    if (agent_git_checkout_start(g, g->created ? rm : empty,
                                 &agent_git_checkout_rm_sink, NULL,
                                 AGENT_GIT_CHECKOUT_RM)
        == -1)
    {
        agent_git_checkout_end(g);
    }
}


static void
agent_git_checkout_removed(agent_command_t *cmd, const agent_exit_t *e)
{
    agent_git_checkout_t  *g;

    g = cmd->data;
    g->cmd = NULL;

    agent_git_checkout_end(g);
}


static void
agent_git_checkout_drop(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    /* void */
}


static void
agent_git_checkout_end(agent_git_checkout_t *g)
{
    g->state = AGENT_GIT_ENDED;

    if (g->r == NULL) {
        agent_git_checkout_free(g);
        return;
    }

    agent_git_reply(g);
}


static void
agent_git_checkout_close(agent_request_t *r, int aborted)
{
    agent_git_checkout_closed(r->data);
}


/* the request is over */

static void
agent_git_checkout_closed(void *data)
{
    agent_git_checkout_t  *g = data;

    g->r = NULL;
    g->sse = NULL;

    if (g->state == AGENT_GIT_ENDED) {
        agent_git_checkout_free(g);
        return;
    }

    /* its exit is reported, and then the directory is removed */

    if (g->state == AGENT_GIT_CLONING && g->cmd) {
        g->failed = 1;
        agent_command_end(g->cmd);
    }
}


static void
agent_git_checkout_free(agent_git_checkout_t *g)
{
    agent_fault_clear(&g->fault);
    agent_git_auth_free(&g->auth);
    free(g);
}
