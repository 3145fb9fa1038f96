
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_THREAD_JOB_H_INCLUDED_
#define _AGENT_SYS_THREAD_JOB_H_INCLUDED_


#include <uv.h>


/*
 * Work that may block, done in a thread of libuv's pool for an owner that may
 * leave meanwhile.  The job is the caller's memory, usually at the beginning
 * of a structure that holds what the thread works on; it may be started again
 * once it is done.
 */


typedef struct agent_thread_job_s  agent_thread_job_t;


struct agent_thread_job_s {
    /* set by the caller */

    /* in a thread; touches nothing but the job and what is made for it */
    void      (*run)(agent_thread_job_t *job);
    /* from the loop: run has returned, and the owner is still there */
    void      (*done)(agent_thread_job_t *job);
    /* from the loop, once: the owner has left, and run does not use the job */
    void      (*free)(agent_thread_job_t *job);
    void       *owner;
    /* run has the file system identity of the sandbox's user */
    unsigned    as_user:1;

    /* an errno: that identity could not be assumed, and run was not called */
    int         error;

    /* the rest is thread_job.c's */

    uv_work_t   work;
    unsigned    busy:1;
};


/* 0, or -1 where it cannot be queued */
int agent_thread_job_start(agent_thread_job_t *job);

/* the owner leaves: free follows, at once or when run has returned */
void agent_thread_job_detach(agent_thread_job_t *job);


#endif /* _AGENT_SYS_THREAD_JOB_H_INCLUDED_ */
