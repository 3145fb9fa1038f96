
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "base/json_text.h"
#include "base/json_writer.h"


static void agent_json_writer_name(agent_json_writer_t *w, const char *name);


void
agent_json_writer_init(agent_json_writer_t *w, agent_buffer_t *buf)
{
    w->buf = buf;
    w->comma = 0;
}


static void
agent_json_writer_name(agent_json_writer_t *w, const char *name)
{
    if (w->comma) {
        agent_buffer_adds(w->buf, ",");
    }

    w->comma = 1;

    if (name) {
        agent_buffer_adds(w->buf, "\"");
        agent_buffer_add(w->buf, name, strlen(name));
        agent_buffer_adds(w->buf, "\":");
    }
}


void
agent_json_writer_object(agent_json_writer_t *w, const char *name)
{
    agent_json_writer_name(w, name);
    agent_buffer_adds(w->buf, "{");

    w->comma = 0;
}


void
agent_json_writer_object_end(agent_json_writer_t *w)
{
    agent_buffer_adds(w->buf, "}");

    w->comma = 1;
}


void
agent_json_writer_word(agent_json_writer_t *w, const char *name,
    const char *value)
{
    agent_json_writer_name(w, name);

    agent_buffer_adds(w->buf, "\"");
    agent_buffer_add(w->buf, value, strlen(value));
    agent_buffer_adds(w->buf, "\"");
}


void
agent_json_writer_text(agent_json_writer_t *w, const char *name,
    const char *value, size_t len)
{
    char  *p;

    agent_json_writer_name(w, name);

    agent_buffer_adds(w->buf, "\"");

    p = agent_buffer_reserve(w->buf, agent_json_text_len(value, len));

    if (p) {
        w->buf->len += agent_json_text_escape(p, value, len);
    }

    agent_buffer_adds(w->buf, "\"");
}


void
agent_json_writer_base64(agent_json_writer_t *w, const char *name,
    const char *value, size_t len)
{
    char  *p;

    agent_json_writer_name(w, name);

    agent_buffer_adds(w->buf, "\"");

    p = agent_buffer_reserve(w->buf, agent_base64_len(len));

    if (p) {
        w->buf->len += agent_base64(p, value, len);
    }

    agent_buffer_adds(w->buf, "\"");
}


void
agent_json_writer_integer(agent_json_writer_t *w, const char *name,
    int64_t value)
{
    agent_json_writer_name(w, name);
    agent_buffer_printf(w->buf, "%" PRId64, value);
}


void
agent_json_writer_bool(agent_json_writer_t *w, const char *name, int value)
{
    agent_json_writer_name(w, name);

    if (value) {
        agent_buffer_adds(w->buf, "true");

    } else {
        agent_buffer_adds(w->buf, "false");
    }
}
