
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_PUT_H_INCLUDED_
#define _AGENT_FILES_PUT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "http/request.h"
#include "sys/thread_job.h"


/*
 * The body is written to a temporary file next to the target, and renamed over
 * the target when complete: readers see either the old or the new content.
 * All disk access runs in the thread pool, one work item of an upload at a
 * time.
 */

#define AGENT_PUT_BLOCK   (128 * 1024)


typedef struct agent_put_block_s  agent_put_block_t;


struct agent_put_block_s {
    agent_put_block_t  *next;
    size_t              len;
    char                data[AGENT_PUT_BLOCK];
};


/* the steps of an upload, most of them done by a thread */

typedef enum {
    AGENT_PUT_OPENING = 0,         /* the temporary file is created */
    AGENT_PUT_RECEIVING,           /* no thread works */
    AGENT_PUT_WRITING,
    AGENT_PUT_COMMITTING,          /* the temporary file is renamed */
    AGENT_PUT_DISCARDING,          /* the temporary file is removed */
    AGENT_PUT_ANSWERED
} agent_put_state_e;


typedef struct {
    agent_thread_job_t  job;           /* first; its owner is the request */
    agent_put_state_e   state;
    agent_request_t    *r;
    char               *path;          /* as requested */

    /* of the thread while it works */
    int                 disk_err;      /* an errno: the step has failed */
    int                 dir;           /* the target's directory */
    int                 fd;
    char               *name;          /* name of the target in dir */
    char                temp[40];      /* name of the temporary file */
    struct stat         st;            /* the previous target */
    int                 exists;        /* there was one */
    agent_put_block_t  *writing;

    /* of the loop */
    int                 err;           /* an errno: the upload has failed */
    agent_put_block_t  *first;         /* to be written */
    agent_put_block_t  *last;
    agent_put_block_t  *spare;
    size_t              waiting;       /* bytes not yet written */
    int64_t             received;
    unsigned            paused:1;
    unsigned            complete:1;    /* the body is complete */
} agent_put_t;


void agent_files_put(agent_request_t *r);


#endif /* _AGENT_FILES_PUT_H_INCLUDED_ */
