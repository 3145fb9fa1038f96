
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_OP_H_INCLUDED_
#define _AGENT_FILES_OP_H_INCLUDED_


#include <jansson.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/json_writer.h"
#include "http/request.h"
#include "sys/thread_job.h"


/*
 * A route of /api that takes a JSON body, does something with one path or two
 * in a thread, and responds with JSON.  Long work is done in slices, so that
 * few threads serve many requests, and that it ends when the client leaves.
 */


#define AGENT_FILES_OP_SLICE  20       /* ms */


typedef struct agent_files_op_s  agent_files_op_t;


typedef struct {
    const char   *operation;           /* "file.delete" */
    const char   *paths[2];            /* members of the body; NULL: one path */

    /* reads other members, from the loop; may be NULL */
    int         (*parse)(agent_files_op_t *op, json_t *body,
                         agent_fault_t *fault);
    /*
     * In a thread: 0, 1 to be called again, or -1 with errno; op->failed is
     * then the index of the path at fault
     */
    int         (*run)(agent_files_op_t *op);
    /* in a thread, once run has begun: releases op->work; may be NULL */
    void        (*end)(agent_files_op_t *op);
    /* after the members "success" and "path"; may be NULL */
    void        (*reply)(agent_files_op_t *op, agent_json_writer_t *w);
    /* instead of the usual text for an errno; may be NULL */
    int         (*fault)(agent_files_op_t *op, agent_fault_t *fault);
} agent_files_op_kind_t;


struct agent_files_op_s {
    agent_thread_job_t            job;     /* first; its owner is the request */
    const agent_files_op_kind_t  *kind;
    agent_request_t              *r;
    pid_t                         session;
    char                         *path[2];  /* as sent */

    /* members of the body */
    mode_t                        mode;
    unsigned                      recursive:1;
    unsigned                      follow:1;
    unsigned                      has_mode:1;

    /* of the thread while it works */
    int                           base;     /* where relative paths begin */
    uint64_t                      until;    /* the end of this slice, ms */
    int                           rc;
    int                           err;
    int                           failed;
    void                         *work;
    unsigned                      begun:1;
    unsigned                      ended:1;

    /* results */
    struct stat                   st;
    char                         *link;     /* malloc()ed */
    char                         *into;     /* appended to the second path */
    char                          owner[64];
    char                          group[64];
    uint64_t                      count;
    uint64_t                      skipped;
    unsigned                      exists:1;
};


void agent_files_op_start(agent_request_t *r, json_t *body,
    const agent_files_op_kind_t *kind);


#endif /* _AGENT_FILES_OP_H_INCLUDED_ */
