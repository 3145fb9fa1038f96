
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"
#include "run/command.h"
#include "session/call.h"
#include "session/session.h"
#include "session/session_int.h"


/* calls that fail, and are told from the loop */


static void agent_job_failed(uv_timer_t *timer);


static agent_job_t   *agent_jobs_failed;
static agent_job_t  **agent_jobs_failed_last = &agent_jobs_failed;
static uv_timer_t     agent_jobs_timer;


void
agent_job_fail(agent_job_t *job, int status, const char *code,
    const char *name, const char *message)
{
    job->session = NULL;
    job->status = status;
    job->code = code;
    job->next = NULL;

    if (job->context == NULL) {
        job->context = json_pack("{s:s}", "sessionId", name);
    }

    snprintf(job->message, sizeof(job->message), "%s", message);

    if (agent_jobs_timer.data == NULL) {
        uv_timer_init(agent_loop, &agent_jobs_timer);
        agent_jobs_timer.data = &agent_jobs_failed;
    }

    *agent_jobs_failed_last = job;
    agent_jobs_failed_last = &job->next;

    uv_timer_start(&agent_jobs_timer, agent_job_failed, 0, 0);
}


void
agent_job_gone(agent_job_t *job, agent_session_t *s)
{
    char  text[256];

    if (s->deleted) {
        agent_job_fail(job, 410, "SESSION_DESTROYED", s->name,
                       "the session was deleted");
        return;
    }

    job->context = json_pack("{s:s, s:i}", "sessionId", s->name,
                             "exitCode", agent_session_code(s));

    snprintf(text, sizeof(text), "the session's shell has ended with %d; "
             "nothing was run, and the next call starts a new one",
             agent_session_code(s));

    agent_job_fail(job, 410, "SESSION_TERMINATED", s->name, text);
}


static void
agent_job_failed(uv_timer_t *timer)
{
    agent_job_t            *job;
    agent_command_t        *cmd;
    agent_session_error_t   error;

    while ((job = agent_jobs_failed) != NULL) {

        agent_jobs_failed = job->next;

        if (agent_jobs_failed == NULL) {
            agent_jobs_failed_last = &agent_jobs_failed;
        }

        cmd = job->cmd;
        cmd->job = NULL;

        if (job->cancelled) {
            agent_command_destroy(cmd);

        } else {
            error.status = job->status;
            error.code = job->code;
            error.message = job->message;
            error.context = job->context;

            job->started(cmd, &error);
        }

        agent_job_free(job);
    }
}


void
agent_job_free(agent_job_t *job)
{
    json_decref(job->context);
    free(job->text);
    free(job->input);
    free(job);
}
