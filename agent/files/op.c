
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "files/fault.h"
#include "files/op.h"
#include "files/param.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "run/workspace.h"
#include "sys/thread_job.h"


static int agent_files_op_parse(agent_files_op_t *op, json_t *body,
    agent_fault_t *fault);
static void agent_files_op_run(agent_thread_job_t *job);
static void agent_files_op_end(agent_files_op_t *op);
static void agent_files_op_done(agent_thread_job_t *job);
static void agent_files_op_reply(agent_files_op_t *op);
static void agent_files_op_close(agent_request_t *r, int aborted);
static void agent_files_op_ending(agent_thread_job_t *job);
static void agent_files_op_left(agent_thread_job_t *job);
static void agent_files_op_free(agent_files_op_t *op);


void
agent_files_op_start(agent_request_t *r, json_t *body,
    const agent_files_op_kind_t *kind)
{
    agent_fault_t      fault;
    agent_files_op_t  *op;

    op = calloc(1, sizeof(agent_files_op_t));

    if (op == NULL) {
        (void) agent_fault_no_memory(&fault);
        agent_http_error_fault(r, &fault);
        return;
    }

    op->kind = kind;
    op->r = r;
    op->base = -1;

    if (agent_files_op_parse(op, body, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        agent_files_op_free(op);
        return;
    }

    op->job.run = agent_files_op_run;
    op->job.done = agent_files_op_done;
    op->job.free = agent_files_op_left;
    op->job.owner = r;
    op->job.as_user = 1;

    r->data = op;
    r->on_close = agent_files_op_close;

    agent_workspace_make();

    (void) agent_thread_job_start(&op->job);
}


static int
agent_files_op_parse(agent_files_op_t *op, json_t *body, agent_fault_t *fault)
{
    size_t  i;

    for (i = 0; i < 2 && op->kind->paths[i]; i++) {

        if (agent_files_param_path(body, op->kind->paths[i], 1, &op->path[i],
                                   fault)
            != 0)
        {
            return -1;
        }
    }

    if (agent_files_param_session(body, &op->session, fault) != 0) {
        return -1;
    }

    return op->kind->parse ? op->kind->parse(op, body, fault) : 0;
}


static void
agent_files_op_run(agent_thread_job_t *job)
{
    agent_files_op_t  *op;

    op = (agent_files_op_t *) job;

    if (!op->begun) {
        op->begun = 1;
        op->base = agent_files_param_base(op->session);
    }

    op->until = agent_time_ms() + AGENT_FILES_OP_SLICE;
    op->rc = op->base == -1 ? -1 : op->kind->run(op);

    if (op->rc == -1) {
        op->err = errno;
    }

    if (op->rc != 1) {
        agent_files_op_end(op);
    }
}


/* also run as a job, when the client left in the middle */

static void
agent_files_op_end(agent_files_op_t *op)
{
    op->ended = 1;

    if (op->kind->end) {
        op->kind->end(op);
    }

    if (op->base != -1) {
        (void) close(op->base);
        op->base = -1;
    }
}


static void
agent_files_op_done(agent_thread_job_t *job)
{
    agent_fault_t      fault;
    agent_files_op_t  *op;

    op = (agent_files_op_t *) job;

    if (job->error) {
        op->rc = -1;
        op->err = job->error;
    }

    if (op->rc == 1) {
        (void) agent_thread_job_start(job);
        return;
    }

    if (op->rc == 0) {
        agent_files_op_reply(op);
        return;
    }

    if (op->kind->fault == NULL || op->kind->fault(op, &fault) == 0) {
        (void) agent_files_fault_errno(&fault, op->err, op->kind->operation,
                                       op->path[op->failed]);
    }

    agent_http_error_fault(op->r, &fault);
}


static void
agent_files_op_reply(agent_files_op_t *op)
{
    char                  stamp[32];
    agent_buffer_t        b;
    agent_json_writer_t   w;

    static const agent_response_header_t  headers[] = {
        { "Content-Type", "application/json" },
        { NULL, NULL }
    };

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(&w, &b);

    agent_json_writer_object(&w, NULL);
    agent_json_writer_bool(&w, "success", 1);
    agent_files_param_text_json(&w, "path", op->path[0], strlen(op->path[0]));

    if (op->kind->reply) {
        op->kind->reply(op, &w);
    }

    agent_json_writer_word(&w, "timestamp", agent_time_iso(stamp));
    agent_json_writer_object_end(&w);

    if (b.failed) {
        agent_response_json(op->r, 500, NULL);

    } else {
        agent_response_begin(op->r, 200, headers, b.len);
        (void) agent_response_write(op->r, b.data, b.len);
        agent_response_end(op->r);
    }

    agent_buffer_free(&b);
}


static void
agent_files_op_close(agent_request_t *r, int aborted)
{
    agent_files_op_t  *op;

    op = r->data;

    agent_thread_job_detach(&op->job);
}


static void
agent_files_op_ending(agent_thread_job_t *job)
{
    agent_files_op_end((agent_files_op_t *) job);
}


/* the request is over, and no thread works */

static void
agent_files_op_left(agent_thread_job_t *job)
{
    agent_files_op_t  *op;

    op = (agent_files_op_t *) job;

    if (op->begun && !op->ended) {
        job->run = agent_files_op_ending;

        if (agent_thread_job_start(job) == 0) {
            return;
        }
    }

    agent_files_op_free(op);
}


static void
agent_files_op_free(agent_files_op_t *op)
{
    free(op->path[0]);
    free(op->path[1]);
    free(op->link);
    free(op->into);
    free(op);
}
