
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
 * The body goes to a temporary file beside the target, which replaces the
 * target when it is whole: a reader sees the old content or the new one.
 * Everything that touches the disk runs in the thread pool, one work of an
 * upload at a time.
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
    agent_request_t    *r;             /* NULL: the client is served or gone */
    char               *path;          /* as asked for */

    int                 dir;           /* the target's directory */
    int                 fd;
    int                 err;
    char               *name;          /* of the target in dir */
    char                temp[40];      /* its temporary name */
    struct stat         st;            /* of the target as it was */

    agent_put_block_t  *first;         /* to be written */
    agent_put_block_t  *last;
    agent_put_block_t  *writing;
    agent_put_block_t  *spare;
    size_t              waiting;       /* bytes not yet written */
    int64_t             received;

    /* these belong to the thread while it works: no bits of a common word */
    int                 exists;
    int                 made;          /* temp is there */
    int                 committed;

    unsigned            working:1;     /* a thread has the job */
    unsigned            paused:1;
    unsigned            complete:1;    /* the body is whole */
    unsigned            answered:1;
} agent_put_t;


void agent_files_put(agent_request_t *r, const char *path);


#endif /* _AGENT_FILES_PUT_H_INCLUDED_ */
