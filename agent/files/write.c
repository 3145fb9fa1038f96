
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/json_split.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "files/fault.h"
#include "files/param.h"
#include "files/save.h"
#include "files/write.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"


/*
 * The content of a file is saved while the body arrives, of any length, and in
 * any order of the members.  A batch is the same for each element of an array,
 * one after the other.
 */


/* failures of a batch are listed up to so many bytes; then it stops */
#define AGENT_WRITE_FAILURES  (256 * 1024)


typedef struct {
    agent_request_t     *r;
    agent_json_split_t   split;
    agent_save_t        *save;         /* NULL: no content yet, or failed */
    char                *path;         /* of the current file */
    pid_t                session;
    char                *rest;         /* of a body that waits for a file */
    size_t               nrest;

    /* of a batch */
    uint64_t             count;
    uint64_t             written;
    agent_buffer_t       failures;
    agent_json_writer_t  json;

    unsigned             append:1;
    unsigned             batch:1;
    unsigned             begun:1;      /* the content of this file */
    unsigned             failed:1;     /* this file */
    unsigned             saving:1;     /* waits for the end of a file */
    unsigned             full:1;
    unsigned             paused:1;
    unsigned             complete:1;   /* the body */
    unsigned             stopped:1;    /* a batch, before its end */
    unsigned             answered:1;
} agent_write_t;


static void agent_write_start(agent_request_t *r, int append, int batch);
static void agent_write_body(agent_request_t *r, const char *buf, size_t len);
static void agent_write_feed(agent_write_t *w, const char *buf, size_t len);
static void agent_write_wait(agent_write_t *w, const char *buf, size_t len);
static void agent_write_resume(agent_write_t *w);
static void agent_write_complete(agent_request_t *r);
static void agent_write_end(agent_write_t *w);
static int agent_write_begin(void *data, json_t *head, agent_fault_t *fault);
static void agent_write_text(void *data, const char *buf, size_t len);
static int agent_write_record(void *data, json_t *record,
    agent_fault_t *fault);
static int agent_write_finish(agent_write_t *w, json_t *record,
    agent_fault_t *fault);
static void agent_write_save(agent_write_t *w);
static int agent_write_params(agent_write_t *w, json_t *json, int all,
    agent_fault_t *fault);
static void agent_write_drain(agent_save_t *s);
static void agent_write_saved(agent_save_t *s, int err);
static void agent_write_file_failed(agent_write_t *w, agent_fault_t *fault);
static void agent_write_fail(agent_write_t *w, agent_fault_t *fault);
static void agent_write_release(agent_write_t *w);
static void agent_write_reply(agent_write_t *w);
static void agent_write_close(agent_request_t *r, int aborted);


static const agent_json_split_ops_t  agent_write_ops = {
    agent_write_begin,
    agent_write_text,
    agent_write_record
};


void
agent_files_write(agent_request_t *r)
{
    agent_write_start(r, 0, 0);
}


void
agent_files_write_append(agent_request_t *r)
{
    agent_write_start(r, 1, 0);
}


void
agent_files_write_batch(agent_request_t *r)
{
    agent_write_start(r, 0, 1);
}


static void
agent_write_start(agent_request_t *r, int append, int batch)
{
    agent_write_t  *w;

    w = calloc(1, sizeof(agent_write_t));

    if (w == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    w->r = r;
    w->append = append;
    w->batch = batch;
    w->split.ops = &agent_write_ops;
    w->split.data = w;
    w->split.list = batch ? "files" : NULL;

    agent_json_writer_init(&w->json, &w->failures);

    r->data = w;
    r->on_body = agent_write_body;
    r->on_complete = agent_write_complete;
    r->on_close = agent_write_close;
}


static void
agent_write_body(agent_request_t *r, const char *buf, size_t len)
{
    agent_write_feed(r->data, buf, len);
}


static void
agent_write_feed(agent_write_t *w, const char *buf, size_t len)
{
    size_t         used;
    agent_fault_t  fault;

    while (len && !w->answered) {

        if (agent_json_split_feed(&w->split, buf, len, &used, &fault) != 0) {
            agent_write_fail(w, &fault);
            return;
        }

        buf += used;
        len -= used;

        if (w->saving || w->full) {
            agent_write_wait(w, buf, len);
            return;
        }
    }
}


/* no more of the body until the file has been saved, or some of it */

static void
agent_write_wait(agent_write_t *w, const char *buf, size_t len)
{
    agent_fault_t  fault;

    if (len) {
        w->rest = malloc(len);

        if (w->rest == NULL) {
            (void) agent_fault_no_memory(&fault);
            agent_write_fail(w, &fault);
            return;
        }

        memcpy(w->rest, buf, len);
        w->nrest = len;
    }

    if (!w->complete && !w->paused) {
        w->paused = 1;
        agent_request_pause(w->r);
    }
}


static void
agent_write_resume(agent_write_t *w)
{
    char    *rest;
    size_t   len;

    if (w->saving || w->full) {
        return;
    }

    rest = w->rest;
    len = w->nrest;
    w->rest = NULL;
    w->nrest = 0;

    agent_write_feed(w, rest, len);
    free(rest);

    if (w->saving || w->full) {
        return;
    }

    if (w->paused) {
        w->paused = 0;
        agent_request_resume(w->r);
    }

    agent_write_end(w);
}


static void
agent_write_complete(agent_request_t *r)
{
    agent_write_t  *w;

    w = r->data;
    w->complete = 1;

    agent_write_end(w);
}


/* responds, if the body is complete and the last file saved */

static void
agent_write_end(agent_write_t *w)
{
    pid_t          session;
    json_t        *body;
    agent_fault_t  fault;

    if (!w->complete || w->saving || w->full || w->answered) {
        return;
    }

    if (agent_json_split_end(&w->split, &body, &fault) != 0) {
        agent_write_fail(w, &fault);
        return;
    }

    if (w->batch && !json_is_array(json_object_get(body, "files"))) {
        json_decref(body);
        (void) agent_fault_invalid(&fault, "files: an array is required");
        agent_write_fail(w, &fault);
        return;
    }

    if (w->batch) {

        if (agent_files_param_session(body, &session, &fault) != 0) {
            json_decref(body);
            agent_write_fail(w, &fault);
            return;
        }

        if (session != w->session && w->count) {
            json_decref(body);
            (void) agent_fault_invalid(&fault, "sessionId: must come before "
                                       "files; relative paths were taken "
                                       "from /workspace");
            agent_write_fail(w, &fault);
            return;
        }
    }

    json_decref(body);

    if (w->save) {
        agent_write_save(w);
        return;
    }

    agent_write_reply(w);
}


/* the content of a file begins, after these members */

static int
agent_write_begin(void *data, json_t *head, agent_fault_t *fault)
{
    json_t         *outer;
    agent_write_t  *w;

    w = data;
    w->begun = 1;
    w->failed = 0;

    if (w->batch && w->count == 0) {
        outer = agent_json_split_head(&w->split);

        if (outer) {

            if (agent_files_param_session(outer, &w->session, fault) != 0) {
                json_decref(outer);
                return -1;
            }

            json_decref(outer);
        }
    }

    w->save = agent_save_create();

    if (w->save == NULL) {
        return agent_fault_no_memory(fault);
    }

    w->save->data = w;
    w->save->done = agent_write_saved;
    w->save->drain = agent_write_drain;
    w->save->file.append = w->append;

    if (agent_write_params(w, head, 0, fault) != 0) {

        if (!w->batch) {
            return -1;
        }

        agent_write_file_failed(w, fault);
    }

    return 0;
}


static void
agent_write_text(void *data, const char *buf, size_t len)
{
    agent_write_t  *w;

    w = data;

    if (w->save && agent_save_write(w->save, buf, len)) {
        w->full = 1;
        w->split.stop = 1;
    }
}


/* a file is complete */

static int
agent_write_record(void *data, json_t *record, agent_fault_t *fault)
{
    agent_write_t  *w;

    w = data;

    if (w->answered) {
        return 0;
    }

    w->count++;

    if (!w->failed && agent_write_finish(w, record, fault) != 0) {

        if (!w->batch) {
            return -1;
        }

        agent_write_file_failed(w, fault);
    }

    if (w->failed) {
        agent_write_release(w);
    }

    return 0;
}


static int
agent_write_finish(agent_write_t *w, json_t *record, agent_fault_t *fault)
{
    if (!w->begun) {

        /* the path is wrong first, and then the content */

        if (agent_write_params(w, record, 1, fault) != 0) {
            return -1;
        }

        return agent_fault_invalid(fault, "content: a string is required");
    }

    if (agent_write_params(w, record, 1, fault) != 0) {
        return -1;
    }

    /* a body that turns out to be malformed at its end changes nothing */

    if (w->batch) {
        agent_write_save(w);
    }

    return 0;
}


static void
agent_write_save(agent_write_t *w)
{
    w->saving = 1;
    w->save->file.complete = 1;
    agent_save_go(w->save);
}


/* all: the record is complete, otherwise others may follow */

static int
agent_write_params(agent_write_t *w, json_t *json, int all,
    agent_fault_t *fault)
{
    mode_t              mode;
    pid_t               session;
    const char         *encoding;
    agent_save_file_t  *file;

    mode = (mode_t) -1;
    session = w->session;

    if (w->path == NULL
        && agent_files_param_path(json, "path", all, &w->path, fault) != 0)
    {
        return -1;
    }

    if (!w->batch
        && agent_files_param_session(json, &session, fault) != 0)
    {
        return -1;
    }

    if (agent_files_param_mode(json, "mode", &mode, fault) != 0
        || agent_json_string(json, "encoding", &encoding, fault) != 0)
    {
        return -1;
    }

    if (w->save == NULL) {
        return 0;
    }

    file = &w->save->file;

    if (file->path == NULL && w->path) {
        file->path = strdup(w->path);

        if (file->path == NULL) {
            return agent_fault_no_memory(fault);
        }
    }

    file->session = session;
    file->mode = mode;
    file->base64 = encoding && strcasecmp(encoding, "base64") == 0;

    /* a relative path is known once the session is */

    file->known = file->path
                  && (all || w->batch || session || file->path[0] == '/');

    return 0;
}


static void
agent_write_drain(agent_save_t *s)
{
    agent_write_t  *w;

    w = s->data;
    w->full = 0;

    agent_write_resume(w);
}


static void
agent_write_saved(agent_save_t *s, int err)
{
    agent_fault_t   fault;
    agent_write_t  *w;

    w = s->data;
    w->full = 0;

    if (err == 0) {
        w->written++;
        w->saving = 0;
        agent_write_release(w);
        agent_write_resume(w);
        return;
    }

    (void) agent_files_fault_errno(&fault, err, "file.write",
                                   w->path ? w->path : "");

    if (!w->batch) {
        agent_write_fail(w, &fault);
        return;
    }

    agent_write_file_failed(w, &fault);

    /* the rest of its content is skipped */

    if (w->saving) {
        w->saving = 0;
        agent_write_release(w);
    }

    agent_write_resume(w);
}


/* a file of a batch; the fault is consumed */

static void
agent_write_file_failed(agent_write_t *w, agent_fault_t *fault)
{
    agent_json_writer_t  *json;

    w->failed = 1;
    json = &w->json;

    if (w->save) {
        agent_save_release(w->save);
        w->save = NULL;
    }

    agent_json_writer_object(json, NULL);

    /* counted when its record ends, unless that has just been */
    agent_json_writer_integer(json, "index",
                              (int64_t) w->count
                              - (w->split.state == AGENT_JSON_SPLIT_LIST));

    if (w->path) {
        agent_files_param_text_json(json, "path", w->path, strlen(w->path));
    }

    agent_json_writer_text(json, "code", fault->code, strlen(fault->code));
    agent_json_writer_text(json, "message", fault->message,
                           strlen(fault->message));
    agent_json_writer_integer(json, "httpStatus", fault->status);
    agent_json_writer_object_end(json);

    agent_fault_clear(fault);

    if (w->failures.len > AGENT_WRITE_FAILURES) {
        w->stopped = 1;
        agent_write_reply(w);
    }
}


/* nothing is left of the current file */

static void
agent_write_release(agent_write_t *w)
{
    if (w->save) {
        agent_save_release(w->save);
        w->save = NULL;
    }

    if (w->batch) {
        free(w->path);
        w->path = NULL;
        w->begun = 0;
        w->failed = 0;
    }
}


/* responds with an error; the rest of the body is dropped */

static void
agent_write_fail(agent_write_t *w, agent_fault_t *fault)
{
    agent_request_t  *r;

    r = w->r;

    if (w->answered) {
        agent_fault_clear(fault);
        return;
    }

    w->answered = 1;
    r->on_body = NULL;
    r->on_complete = NULL;

    agent_write_release(w);

    if (w->paused) {
        w->paused = 0;
        agent_request_resume(r);
    }

    agent_http_error_fault(r, fault);
}


static void
agent_write_reply(agent_write_t *w)
{
    char                  stamp[32];
    agent_buffer_t        b;
    agent_request_t      *r;
    agent_json_writer_t   json;

    static const agent_response_header_t  headers[] = {
        { "Content-Type", "application/json" },
        { NULL, NULL }
    };

    r = w->r;

    w->answered = 1;
    w->split.stop = 1;
    r->on_body = NULL;
    r->on_complete = NULL;

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(&json, &b);

    agent_json_writer_object(&json, NULL);
    agent_json_writer_bool(&json, "success", w->failures.len == 0);

    if (w->batch) {
        agent_json_writer_integer(&json, "count", w->count);
        agent_json_writer_integer(&json, "written", w->written);

        agent_buffer_adds(&b, ",\"failed\":[");
        agent_buffer_add(&b, w->failures.data, w->failures.len);
        agent_buffer_adds(&b, "]");
        agent_json_writer_bool(&json, "stopped", w->stopped);

    } else {
        agent_files_param_text_json(&json, "path", w->path, strlen(w->path));
    }

    agent_json_writer_word(&json, "timestamp", agent_time_iso(stamp));
    agent_json_writer_object_end(&json);

    if (b.failed || w->failures.failed) {
        agent_response_json(r, 500, NULL);

    } else {
        agent_response_begin(r, 200, headers, b.len);
        (void) agent_response_write(r, b.data, b.len);
        agent_response_end(r);
    }

    agent_buffer_free(&b);

    if (w->paused) {
        w->paused = 0;
        agent_request_resume(r);
    }
}


static void
agent_write_close(agent_request_t *r, int aborted)
{
    agent_write_t  *w;

    w = r->data;

    agent_write_release(w);
    agent_json_split_free(&w->split);
    agent_buffer_free(&w->failures);
    free(w->rest);
    free(w->path);
    free(w);
}
