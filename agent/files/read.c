
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/memory.h"
#include "base/time.h"
#include "base/utf8.h"
#include "files/fault.h"
#include "files/magic.h"
#include "files/mime.h"
#include "files/param.h"
#include "files/read.h"
#include "files/read_int.h"
#include "files/read_stream.h"
#include "http/error.h"
#include "http/json_body.h"
#include "http/request.h"
#include "http/response.h"
#include "run/workspace.h"
#include "sys/beneath.h"
#include "sys/thread_job.h"


/*
 * POST /api/read.  A file is opened and read in the thread pool, into one
 * buffer: each piece is sent before the next one is read.
 */


#define AGENT_READ_MAX  (32 * 1024 * 1024)


static void agent_read_run(agent_thread_job_t *job);
static int agent_read_open(agent_read_t *f);
static int agent_read_fill(agent_read_t *f);
static void agent_read_done(agent_thread_job_t *job);
static void agent_read_opened(agent_read_t *f);
static void agent_read_typed(void *data, const char *type);
static void agent_read_failed(agent_read_t *f, agent_fault_t *fault);

static agent_json_body_e agent_read_next(void *data,
    agent_json_body_segment_t *segment);
static agent_json_body_e agent_read_literal(agent_read_t *f,
    agent_json_body_segment_t *segment);
static void agent_read_head(agent_read_t *f);
static void agent_read_tail(agent_read_t *f);
static void agent_read_drain(agent_request_t *r);
static void agent_read_close(agent_request_t *r, int aborted);

static void agent_read_left(agent_thread_job_t *job);


void
agent_files_read(agent_request_t *r, json_t *body)
{
    agent_read_t   *f;
    agent_fault_t   fault;

    f = agent_read_create(r);

    if (f == NULL) {
        return;
    }

    if (agent_read_params(f, body, &fault) != 0) {
        agent_http_error_fault(r, &fault);
        agent_read_free(f);
        return;
    }

    f->body.r = r;
    f->body.status = 200;
    f->body.next = agent_read_next;
    f->body.data = f;

    r->data = f;
    r->on_drain = agent_read_drain;
    r->on_close = agent_read_close;

    agent_read_start(f);
}


agent_read_t *
agent_read_create(agent_request_t *r)
{
    agent_read_t  *f;

    f = calloc(1, sizeof(agent_read_t));

    if (f == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return NULL;
    }

    f->r = r;
    f->fd = -1;

    f->size = 2 * (agent_memory_level() == AGENT_MEMORY_PLENTY
                   ? AGENT_READ_CHUNK : AGENT_READ_SMALL);
    agent_memory_use(f->size);

    f->job.run = agent_read_run;
    f->job.done = agent_read_done;
    f->job.free = agent_read_left;
    f->job.owner = r;
    f->job.as_user = 1;

    return f;
}


int
agent_read_params(agent_read_t *f, json_t *body, agent_fault_t *fault)
{
    const char  *encoding;

    if (agent_files_param_path(body, "path", 1, &f->path, fault) != 0
        || agent_files_param_session(body, &f->session, fault) != 0
        || agent_json_string(body, "encoding", &encoding, fault) != 0)
    {
        return -1;
    }

    f->base64 = -1;

    if (encoding && strcasecmp(encoding, "base64") == 0) {
        f->base64 = 1;

    } else if (encoding && (strcasecmp(encoding, "utf-8") == 0
                            || strcasecmp(encoding, "utf8") == 0))
    {
        f->base64 = 0;
    }

    return 0;
}


void
agent_read_start(agent_read_t *f)
{
    agent_workspace_make();

    (void) agent_thread_job_start(&f->job);
}


void
agent_read_more(agent_read_t *f)
{
    if (!f->job.busy) {
        (void) agent_thread_job_start(&f->job);
    }
}


static void
agent_read_run(agent_thread_job_t *job)
{
    agent_read_t  *f;

    f = (agent_read_t *) job;

    f->err = 0;

    if (f->fd == -1 && agent_read_open(f) == -1) {
        f->err = errno;
        return;
    }

    if (agent_read_fill(f) == -1) {
        f->err = errno;
    }
}


static int
agent_read_open(agent_read_t *f)
{
    int              base, rc, err;
    agent_beneath_t  b;

    base = agent_files_param_base(f->session);

    if (base == -1) {
        return -1;
    }

    rc = agent_beneath_resolve(&b, base, f->path, AGENT_BENEATH_FOLLOW);

    if (rc == 0) {
        f->fd = agent_beneath_open_file(&b, O_RDONLY);
        f->st = b.st;
    }

    err = errno;
    (void) close(base);
    agent_beneath_close(&b);
    errno = err;

    if (f->fd == -1) {
        return -1;
    }

    /* a length of 0 may be that of a file whose length the kernel hides */

    f->unread = f->st.st_size ? f->st.st_size : AGENT_READ_MAX;

    if (f->sse == NULL && f->st.st_size > AGENT_READ_MAX) {
        errno = EFBIG;
        return -1;
    }

    f->buf = malloc(f->size);

    return f->buf ? 0 : -1;
}


/* keeps what is not yet sent */

static int
agent_read_fill(agent_read_t *f)
{
    size_t   len;
    ssize_t  n;

    len = f->end - f->pos;
    memmove(f->buf, f->buf + f->pos, len);
    f->pos = 0;
    f->end = len;

    while (f->end < f->size && !f->eof) {

        len = f->size - f->end;

        if ((int64_t) len > f->unread) {
            len = f->unread;
        }

        n = len ? read(f->fd, f->buf + f->end, len) : 0;

        if (n == -1) {

            if (errno == EINTR) {
                continue;
            }

            return -1;
        }

        f->end += n;
        f->done += n;
        f->unread -= n;

        if (n == 0 || f->unread == 0) {
            f->eof = 1;
        }
    }

    return 0;
}


static void
agent_read_done(agent_thread_job_t *job)
{
    int             err;
    agent_read_t   *f;
    agent_fault_t   fault;

    f = (agent_read_t *) job;
    err = job->error ? job->error : f->err;

    if (err) {
        (void) agent_files_fault_errno(&fault, err, "file.read", f->path);

        if (err == EFBIG && fault.context) {
            json_object_set_new(fault.context, "actualSize",
                                json_integer(f->st.st_size));
            json_object_set_new(fault.context, "maxSize",
                                json_integer(AGENT_READ_MAX));
        }

        agent_read_failed(f, &fault);
        return;
    }

    if (f->state == AGENT_READ_OPEN) {
        agent_read_opened(f);

    } else if (f->sse) {
        agent_read_stream_send(f);

    } else {
        agent_json_body_send(&f->body);
    }
}


static void
agent_read_opened(agent_read_t *f)
{
    const char  *type;

    type = agent_mime_of_name(f->path);

    if (type == NULL && f->end != 0) {
        f->magic = agent_magic_start(f->buf, f->end, agent_read_typed, f);

        if (f->magic) {
            return;
        }
    }

    agent_read_typed(f, type);
}


/* type NULL: neither the name nor "file" knows it */

static void
agent_read_typed(void *data, const char *type)
{
    agent_read_t  *f;

    f = data;
    f->magic = NULL;

    if (type == NULL) {
        type = agent_mime_of_bytes(f->buf, f->end, f->eof);
    }

    strcpy(f->type, type);

    if (f->base64 == -1) {
        f->base64 = !agent_mime_text(type);
    }

    f->state = AGENT_READ_HEAD;

    if (f->sse) {
        agent_read_stream_begin(f);

    } else {
        agent_json_body_send(&f->body);
    }
}


static void
agent_read_failed(agent_read_t *f, agent_fault_t *fault)
{
    agent_read_state_e  state;

    if (f->sse) {
        agent_read_stream_failed(f, fault);
        return;
    }

    state = f->state;
    f->state = AGENT_READ_END;

    if (state == AGENT_READ_OPEN) {
        agent_http_error_fault(f->r, fault);
        return;
    }

    /* a part of it was sent: the client must see that it is not all */

    agent_fault_clear(fault);
    agent_response_abort(f->r);
}


size_t
agent_read_piece(agent_read_t *f, size_t max)
{
    size_t  len;

    len = f->end - f->pos;

    if (len > max) {
        len = max;
    }

    if (!f->base64 && !(f->eof && len == f->end - f->pos)) {
        len -= agent_utf8_incomplete(f->buf + f->pos, len);
    }

    if (!f->base64 && !f->lossy
        && !agent_utf8_valid(f->buf + f->pos, len))
    {
        f->lossy = 1;
    }

    return len;
}


static agent_json_body_e
agent_read_next(void *data, agent_json_body_segment_t *segment)
{
    agent_read_t  *f;

    f = data;

    switch (f->state) {

    case AGENT_READ_HEAD:
        f->state = AGENT_READ_DATA;
        agent_read_head(f);
        return agent_read_literal(f, segment);

    case AGENT_READ_DATA:
        segment->data = f->buf + f->pos;
        segment->len = agent_read_piece(f, agent_memory_piece(f->size));

        if (segment->len) {
            f->pos += segment->len;
            return f->base64 ? AGENT_JSON_BODY_BASE64 : AGENT_JSON_BODY_TEXT;
        }

        if (!f->eof) {

            agent_read_more(f);

            return AGENT_JSON_BODY_WAIT;
        }

        /* fall through */

    case AGENT_READ_TAIL:
        f->state = AGENT_READ_END;
        agent_read_tail(f);
        return agent_read_literal(f, segment);

    default:
        return AGENT_JSON_BODY_END;
    }
}


static agent_json_body_e
agent_read_literal(agent_read_t *f, agent_json_body_segment_t *segment)
{
    if (f->text.failed) {
        f->state = AGENT_READ_END;
        agent_response_abort(f->r);
        return AGENT_JSON_BODY_END;
    }

    segment->data = f->text.data;
    segment->len = f->text.len;

    return AGENT_JSON_BODY_LITERAL;
}


static void
agent_read_head(agent_read_t *f)
{
    agent_json_writer_t  w;

    agent_json_writer_init(&w, &f->text);

    agent_json_writer_object(&w, NULL);
    agent_json_writer_bool(&w, "success", 1);
    agent_files_param_text_json(&w, "path", f->path, strlen(f->path));
    agent_buffer_adds(&f->text, ",\"content\":\"");
}


static void
agent_read_tail(agent_read_t *f)
{
    char                  stamp[32];
    agent_json_writer_t   w;

    f->text.len = 0;
    agent_buffer_adds(&f->text, "\"");

    agent_json_writer_init(&w, &f->text);
    w.comma = 1;

    agent_json_writer_word(&w, "encoding", f->base64 ? "base64" : "utf-8");
    agent_json_writer_bool(&w, "isBinary", f->base64);
    agent_json_writer_word(&w, "mimeType", f->type);
    agent_json_writer_integer(&w, "size", f->done);

    if (f->lossy) {
        agent_json_writer_bool(&w, "lossy", 1);
    }

    agent_json_writer_word(&w, "timestamp", agent_time_iso(stamp));
    agent_json_writer_object_end(&w);
}


static void
agent_read_drain(agent_request_t *r)
{
    agent_read_t  *f;

    f = r->data;

    if (f->state != AGENT_READ_OPEN && !f->job.busy) {
        agent_json_body_send(&f->body);
    }
}


static void
agent_read_close(agent_request_t *r, int aborted)
{
    agent_read_detach(r->data);
}


void
agent_read_detach(agent_read_t *f)
{
    if (f->magic) {
        agent_magic_cancel(f->magic);
        f->magic = NULL;
    }

    agent_thread_job_detach(&f->job);
}


static void
agent_read_left(agent_thread_job_t *job)
{
    agent_read_free((agent_read_t *) job);
}


void
agent_read_free(agent_read_t *f)
{
    if (f->fd != -1) {
        (void) close(f->fd);
    }

    agent_buffer_free(&f->text);
    agent_memory_release(f->size);
    free(f->buf);
    free(f->path);
    free(f);
}
