
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_THREAD_JOB_H_INCLUDED_
#define _AGENT_SYS_THREAD_JOB_H_INCLUDED_


#include <uv.h>


/*
 * Blocking work, done in a thread of libuv's pool for an owner that may go
 * away meanwhile.  The job is allocated by the caller, usually at the
 * beginning of a structure with the data of the thread; it may be started
 * again once it is done.
 */


typedef struct agent_thread_job_s  agent_thread_job_t;


struct agent_thread_job_s {
    /* set by the caller */

    /* called in a thread; may only access the job and its data */
    void      (*run)(agent_thread_job_t *job);
    /* called from the loop: run has returned, and the owner still exists */
    void      (*done)(agent_thread_job_t *job);
    /*
     * called from the loop: the owner has gone, and run has returned; may start
     * the job again to clean up
     */
    void      (*free)(agent_thread_job_t *job);
    void       *owner;
    /* run has the file system identity of the sandbox's user */
    unsigned    as_user:1;

    /* an errno: that identity could not be assumed, and run was not called */
    int         error;

    /* private to thread_job.c */

    uv_work_t   work;
    unsigned    busy:1;
};


/* 0, or -1 if it cannot be queued */
int agent_thread_job_start(agent_thread_job_t *job);

/* the owner goes away: free is called, at once or when run has returned */
void agent_thread_job_detach(agent_thread_job_t *job);


#endif /* _AGENT_SYS_THREAD_JOB_H_INCLUDED_ */
