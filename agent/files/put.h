
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_PUT_H_INCLUDED_
#define _AGENT_FILES_PUT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <uv.h>

#include "http/request.h"


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


typedef struct {
    uv_work_t           work;
    agent_request_t    *r;             /* NULL: complete, or disconnected */
    char               *path;          /* as requested */

    int                 dir;           /* the target's directory */
    int                 fd;
    int                 err;
    char               *name;          /* name of the target in dir */
    char                temp[40];      /* name of the temporary file */
    struct stat         st;            /* mode of the previous target */

    agent_put_block_t  *first;         /* to be written */
    agent_put_block_t  *last;
    agent_put_block_t  *writing;
    agent_put_block_t  *spare;
    size_t              waiting;       /* bytes not yet written */
    int64_t             received;

    /* owned by the thread while it works, so not bit-fields of one word */
    int                 exists;
    int                 made;          /* the temporary file exists */
    int                 committed;

    unsigned            working:1;     /* a thread is working on it */
    unsigned            paused:1;
    unsigned            complete:1;    /* the body is complete */
    unsigned            answered:1;
} agent_put_t;


void agent_files_put(agent_request_t *r);


#endif /* _AGENT_FILES_PUT_H_INCLUDED_ */
