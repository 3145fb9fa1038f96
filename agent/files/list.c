
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/memory.h"
#include "base/time.h"
#include "files/entry.h"
#include "files/fault.h"
#include "files/list.h"
#include "files/list_walk.h"
#include "files/param.h"
#include "http/error.h"
#include "http/json_body.h"
#include "http/request.h"
#include "http/response.h"
#include "run/workspace.h"
#include "sys/beneath.h"
#include "sys/thread_job.h"


/*
 * The entries of a directory, as JSON that a thread writes in pieces: neither
 * the list nor the body is ever in memory as a whole.
 */


#define AGENT_LIST_PIECE    (64 * 1024)
#define AGENT_LIST_SLICE    20         /* ms */

/* for names; the less, the more often a large directory is read */
#define AGENT_LIST_NAMES    (768 * 1024)
#define AGENT_LIST_FEW      (64 * 1024)    /* if memory is short */

/* directories that could not be read, listed by name */
#define AGENT_LIST_SKIPPED  20


typedef struct {
    agent_thread_job_t    job;         /* first; its owner is the request */
    agent_request_t      *r;
    char                 *path;
    char                 *after;       /* NULL: from the beginning */
    pid_t                 session;
    uint64_t              limit;       /* 0: none */

    /* of the thread while it works */
    agent_list_walk_t     walk;
    char                  base[PATH_MAX];  /* the directory's absolute path */
    uint64_t              count;
    uint64_t              skipped;
    agent_buffer_t        errors;      /* of directories, JSON */
    agent_json_writer_t   json;
    agent_buffer_t        text;        /* the next piece of the body */
    int                   err;
    unsigned              open:1;
    unsigned              comma:1;
    unsigned              complete:1;
    unsigned              more:1;      /* there are entries after this page */

    agent_json_body_t     body;
    unsigned              begun:1;     /* the response */
    unsigned              sent:1;      /* the piece */
} agent_list_t;


static int agent_list_params(agent_list_t *l, json_t *body,
    agent_fault_t *fault);
static json_t *agent_list_option(json_t *body, const char *name);
static void agent_list_run(agent_thread_job_t *job);
static int agent_list_open(agent_list_t *l);
static int agent_list_piece(agent_list_t *l);
static void agent_list_entry(agent_list_t *l);
static void agent_list_skip(agent_list_t *l);
static void agent_list_tail(agent_list_t *l);
static void agent_list_done(agent_thread_job_t *job);
static agent_json_body_e agent_list_next(void *data,
    agent_json_body_segment_t *segment);
static void agent_list_drain(agent_request_t *r);
static void agent_list_close(agent_request_t *r, int aborted);
static void agent_list_free(agent_thread_job_t *job);


void
agent_files_list(agent_request_t *r, json_t *body)
{
    agent_list_t   *l;
    agent_fault_t   fault;

    l = calloc(1, sizeof(agent_list_t));

    if (l == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    if (agent_list_params(l, body, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        agent_list_free(&l->job);
        return;
    }

    l->r = r;
    l->sent = 1;

    l->walk.memory = agent_memory_level() == AGENT_MEMORY_PLENTY
                     ? AGENT_LIST_NAMES : AGENT_LIST_FEW;
    agent_memory_use(l->walk.memory + AGENT_LIST_PIECE);

    l->job.run = agent_list_run;
    l->job.done = agent_list_done;
    l->job.free = agent_list_free;
    l->job.owner = r;
    l->job.as_user = 1;

    l->body.r = r;
    l->body.status = 200;
    l->body.next = agent_list_next;
    l->body.data = l;

    agent_json_writer_init(&l->json, &l->errors);

    r->data = l;
    r->on_drain = agent_list_drain;
    r->on_close = agent_list_close;

    agent_workspace_make();

    (void) agent_thread_job_start(&l->job);
}


static int
agent_list_params(agent_list_t *l, json_t *body, agent_fault_t *fault)
{
    int        recursive;
    json_t    *options;
    uint64_t   depth;

    options = json_object_get(body, "options");

    if (options && !json_is_null(options) && !json_is_object(options)) {
        return agent_fault_invalid(fault, "options: must be an object");
    }

    depth = 0;

    if (agent_files_param_path(body, "path", 1, &l->path, fault) != 0
        || agent_files_param_session(body, &l->session, fault) != 0
        || agent_json_bool(agent_list_option(body, "recursive"), "recursive",
                           &recursive, fault)
           != 0
        || agent_json_bool(agent_list_option(body, "includeHidden"),
                           "includeHidden", &l->walk.hidden, fault)
           != 0
        || agent_json_integer(agent_list_option(body, "depth"), "depth", 1,
                              AGENT_LIST_WALK_DEPTH, &depth, fault)
           != 0
        || agent_json_integer(agent_list_option(body, "limit"), "limit", 1,
                              AGENT_JSON_INTEGER_MAX, &l->limit, fault)
           != 0
        || agent_files_param_path(agent_list_option(body, "after"), "after", 0,
                                  &l->after, fault)
           != 0)
    {
        return -1;
    }

    l->walk.depth = depth ? depth
                    : recursive ? AGENT_LIST_WALK_DEPTH + 1 : 1;

    return 0;
}


/* the object that has the option: "options", where it is, or the body */

static json_t *
agent_list_option(json_t *body, const char *name)
{
    char     encoded[40];
    json_t  *options;

    options = json_object_get(body, "options");
    (void) snprintf(encoded, sizeof(encoded), "%sBase64", name);

    return json_object_get(options, name) || json_object_get(options, encoded)
           ? options : body;
}


static void
agent_list_run(agent_thread_job_t *job)
{
    agent_list_t  *l;

    l = (agent_list_t *) job;

    l->err = 0;
    l->text.len = 0;

    if (!l->open && agent_list_open(l) == -1) {
        l->err = errno;
        return;
    }

    if (agent_list_piece(l) == -1) {
        l->err = errno;
    }
}


static int
agent_list_open(agent_list_t *l)
{
    int                   base, fd, err;
    agent_beneath_t       b;
    agent_json_writer_t   w;

    base = agent_files_param_base(l->session);

    if (base == -1) {
        return -1;
    }

    fd = -1;

    if (agent_beneath_resolve(&b, base, l->path, AGENT_BENEATH_FOLLOW) == 0) {
        fd = agent_beneath_open_directory(&b);
    }

    err = errno;
    (void) close(base);
    agent_beneath_close(&b);
    errno = err;

    if (fd == -1) {
        return -1;
    }

    if (agent_files_param_absolute(l->path, fd, l->base) == -1) {
        err = errno;
        (void) close(fd);
        errno = err;
        return -1;
    }

    /* the descriptor is the walk's */

    l->open = 1;

    if (agent_list_walk_open(&l->walk, fd, l->after ? l->after : "") == -1) {
        return -1;
    }

    agent_json_writer_init(&w, &l->text);
    agent_json_writer_object(&w, NULL);
    agent_json_writer_bool(&w, "success", 1);
    agent_files_param_text_json(&w, "path", l->path, strlen(l->path));
    agent_buffer_adds(&l->text, ",\"files\":[");

    return 0;
}


static int
agent_list_piece(agent_list_t *l)
{
    int       rc;
    uint64_t  until;

    until = agent_time_ms() + AGENT_LIST_SLICE;

    do {

        rc = agent_list_walk_next(&l->walk);

        if (rc == -1) {
            return -1;
        }

        if (rc == 2) {
            agent_list_skip(l);
            continue;
        }

        if (rc == 1 && l->limit && l->count == l->limit) {

            /* the next page begins after the entry before this one */

            l->more = 1;
            rc = 0;
        }

        if (rc == 0) {
            l->complete = 1;
            agent_list_tail(l);
            break;
        }

        agent_list_entry(l);

    } while (l->text.len < AGENT_LIST_PIECE && agent_time_ms() < until);

    if (l->text.failed || l->errors.failed) {
        errno = ENOMEM;
        return -1;
    }

    return 0;
}


static void
agent_list_entry(agent_list_t *l)
{
    char                  path[PATH_MAX * 2];
    size_t                len;
    agent_list_walk_t    *walk;
    agent_json_writer_t   w;

    walk = &l->walk;

    agent_json_writer_init(&w, &l->text);
    w.comma = l->comma;
    l->comma = 1;

    agent_json_writer_object(&w, NULL);
    agent_files_param_text_json(&w, "name", walk->name, strlen(walk->name));

    len = snprintf(path, sizeof(path), "%s/%s", l->base, walk->path);

    agent_files_param_text_json(&w, "absolutePath", path, len);
    agent_files_param_text_json(&w, "relativePath", walk->path,
                                strlen(walk->path));
    agent_files_entry_json(&w, &walk->st);
    agent_json_writer_object_end(&w);

    l->count++;

    /* where the next page would begin */

    if (l->limit && l->count == l->limit) {
        free(l->after);
        l->after = strdup(walk->path);

        if (l->after == NULL) {
            l->text.failed = 1;
        }
    }
}


static void
agent_list_skip(agent_list_t *l)
{
    agent_fault_t  fault;

    if (l->skipped++ < AGENT_LIST_SKIPPED) {
        (void) agent_files_fault_errno(&fault, l->walk.err, "directory.list",
                                       "");

        agent_json_writer_object(&l->json, NULL);
        agent_files_param_text_json(&l->json, "relativePath", l->walk.failed,
                                    strlen(l->walk.failed));
        agent_json_writer_word(&l->json, "code", fault.code);
        agent_json_writer_object_end(&l->json);

        agent_fault_clear(&fault);
    }
}


static void
agent_list_tail(agent_list_t *l)
{
    char                  stamp[32];
    agent_json_writer_t   w;

    agent_buffer_adds(&l->text, "]");

    agent_json_writer_init(&w, &l->text);
    w.comma = 1;

    agent_json_writer_integer(&w, "count", l->count);

    if (l->more) {
        agent_files_param_text_json(&w, "next", l->after, strlen(l->after));
    }

    if (l->skipped) {
        agent_json_writer_integer(&w, "skipped", l->skipped);
        agent_buffer_adds(&l->text, ",\"errors\":[");
        agent_buffer_add(&l->text, l->errors.data, l->errors.len);
        agent_buffer_adds(&l->text, "]");
    }

    agent_json_writer_word(&w, "timestamp", agent_time_iso(stamp));
    agent_json_writer_object_end(&w);
}


static void
agent_list_done(agent_thread_job_t *job)
{
    int             err;
    agent_list_t   *l;
    agent_fault_t   fault;

    l = (agent_list_t *) job;
    err = job->error ? job->error : l->err;

    if (err == 0) {
        l->sent = 0;
        l->begun = 1;
        agent_json_body_send(&l->body);
        return;
    }

    if (l->begun) {

        /* the client must see that it is not all */

        agent_response_abort(l->r);
        return;
    }

    (void) agent_files_fault_errno(&fault, err, "directory.list", l->path);

    agent_http_error_fault(l->r, &fault);
}


static agent_json_body_e
agent_list_next(void *data, agent_json_body_segment_t *segment)
{
    agent_list_t  *l;

    l = data;

    if (!l->sent) {
        l->sent = 1;
        segment->data = l->text.data;
        segment->len = l->text.len;

        return AGENT_JSON_BODY_LITERAL;
    }

    if (l->complete) {
        return AGENT_JSON_BODY_END;
    }

    if (!l->job.busy) {
        (void) agent_thread_job_start(&l->job);
    }

    return AGENT_JSON_BODY_WAIT;
}


static void
agent_list_drain(agent_request_t *r)
{
    agent_list_t  *l;

    l = r->data;

    if (l->begun && !l->job.busy) {
        agent_json_body_send(&l->body);
    }
}


static void
agent_list_close(agent_request_t *r, int aborted)
{
    agent_list_t  *l;

    l = r->data;

    agent_thread_job_detach(&l->job);
}


static void
agent_list_free(agent_thread_job_t *job)
{
    agent_list_t  *l;

    l = (agent_list_t *) job;

    if (l->open) {
        agent_list_walk_close(&l->walk);
    }

    if (l->walk.memory) {
        agent_memory_release(l->walk.memory + AGENT_LIST_PIECE);
    }

    agent_buffer_free(&l->errors);
    agent_buffer_free(&l->text);
    free(l->after);
    free(l->path);
    free(l);
}
