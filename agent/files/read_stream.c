
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/json_writer.h"
#include "files/param.h"
#include "files/read_int.h"
#include "files/read_stream.h"
#include "http/error.h"
#include "http/request.h"
#include "http/sse.h"


/* POST /api/read/stream */


static void agent_read_stream_drain(void *data);
static void agent_read_stream_chunk(agent_read_t *f, size_t len);
static void agent_read_stream_complete(agent_read_t *f);
static void agent_read_stream_close(void *data);


void
agent_files_read_stream(agent_request_t *r, json_t *body)
{
    agent_read_t   *f;
    agent_fault_t   fault;

    f = agent_read_create(r);

    if (f == NULL) {
        return;
    }

    f->sse = agent_sse_create(r);

    if (f->sse == NULL) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        agent_read_free(f);
        return;
    }

    f->sse->data = f;
    f->sse->on_drain = agent_read_stream_drain;
    f->sse->on_close = agent_read_stream_close;

    if (agent_read_params(f, body, &fault) != 0) {
        agent_read_stream_failed(f, &fault);
        return;
    }

    f->base64 = -1;

    agent_read_start(f);
}


void
agent_read_stream_begin(agent_read_t *f)
{
    f->state = AGENT_READ_DATA;

    agent_sse_json(f->sse, NULL,
                   json_pack("{s:s, s:s, s:I, s:b, s:s}",
                             "type", "metadata",
                             "mimeType", f->type,
                             "size", (json_int_t) f->st.st_size,
                             "isBinary", f->base64,
                             "encoding", f->base64 ? "base64" : "utf-8"));

    agent_read_stream_send(f);
}


static void
agent_read_stream_drain(void *data)
{
    agent_read_stream_send(data);
}


/* events of what there is, as far as the client reads */

void
agent_read_stream_send(agent_read_t *f)
{
    size_t  len;

    while (f->state == AGENT_READ_DATA && !f->job.busy
           && !agent_sse_full(f->sse))
    {
        len = agent_read_piece(f, f->size / 2);

        if (!f->eof && f->end - f->pos < f->size / 2) {
            agent_read_more(f);
            return;
        }

        if (len == 0) {
            agent_read_stream_complete(f);
            return;
        }

        agent_read_stream_chunk(f, len);
    }
}


static void
agent_read_stream_chunk(agent_read_t *f, size_t len)
{
    agent_buffer_t        b;
    agent_json_writer_t   w;

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(&w, &b);

    agent_json_writer_object(&w, NULL);
    agent_json_writer_word(&w, "type", "chunk");

    if (f->base64) {
        agent_json_writer_base64(&w, "data", f->buf + f->pos, len);

    } else {
        agent_json_writer_text(&w, "data", f->buf + f->pos, len);
    }

    agent_json_writer_object_end(&w);

    f->pos += len;

    agent_sse_text(f->sse, &b);
}


static void
agent_read_stream_complete(agent_read_t *f)
{
    json_t  *json;

    f->state = AGENT_READ_END;

    json = json_pack("{s:s, s:I}", "type", "complete", "bytesRead",
                     (json_int_t) f->done);

    if (json && f->lossy) {
        json_object_set_new(json, "lossy", json_true());
    }

    agent_sse_json(f->sse, NULL, json);
    agent_sse_end(f->sse);
}


void
agent_read_stream_failed(agent_read_t *f, agent_fault_t *fault)
{
    agent_buffer_t        b;
    agent_json_writer_t   w;

    f->state = AGENT_READ_END;

    memset(&b, 0, sizeof(agent_buffer_t));
    agent_json_writer_init(&w, &b);

    agent_json_writer_object(&w, NULL);
    agent_json_writer_word(&w, "type", "error");
    agent_json_writer_text(&w, "error", fault->message,
                           strlen(fault->message));
    agent_json_writer_word(&w, "code", fault->code);
    agent_json_writer_integer(&w, "httpStatus", fault->status);
    agent_json_writer_object_end(&w);

    agent_fault_clear(fault);

    agent_sse_text(f->sse, &b);
    agent_sse_end(f->sse);
}


static void
agent_read_stream_close(void *data)
{
    agent_read_detach(data);
}
