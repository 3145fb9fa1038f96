
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stddef.h>

#include "base/loop.h"
#include "sys/identity.h"
#include "sys/thread_job.h"


static void agent_thread_job_run(uv_work_t *work);
static void agent_thread_job_done(uv_work_t *work, int status);


int
agent_thread_job_start(agent_thread_job_t *job)
{
    job->work.data = job;
    job->error = 0;

    if (uv_queue_work(agent_loop, &job->work, agent_thread_job_run,
                      agent_thread_job_done)
        != 0)
    {
        return -1;
    }

    job->busy = 1;

    return 0;
}


static void
agent_thread_job_run(uv_work_t *work)
{
    agent_thread_job_t  *job;

    job = work->data;

    if (!job->as_user) {
        job->run(job);
        return;
    }

    if (agent_identity_assume() == -1) {
        job->error = errno;
        return;
    }

    job->run(job);

    agent_identity_restore();
}


static void
agent_thread_job_done(uv_work_t *work, int status)
{
    agent_thread_job_t  *job;

    job = work->data;
    job->busy = 0;

    if (job->owner) {
        job->done(job);

    } else {
        job->free(job);
    }
}


void
agent_thread_job_detach(agent_thread_job_t *job)
{
    job->owner = NULL;

    if (!job->busy) {
        job->free(job);
    }
}
