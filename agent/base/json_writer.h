
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_JSON_WRITER_H_INCLUDED_
#define _AGENT_BASE_JSON_WRITER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"


/*
 * Writes JSON text without spaces to the end of a buffer, whose sticky error
 * is the writer's.  name is that of a member, or NULL in an array and for the
 * outermost value; names are written as they are.
 */

typedef struct {
    agent_buffer_t  *buf;
    unsigned         comma:1;          /* in front of the next value */
} agent_json_writer_t;


void agent_json_writer_init(agent_json_writer_t *w, agent_buffer_t *buf);

void agent_json_writer_object(agent_json_writer_t *w, const char *name);
void agent_json_writer_object_end(agent_json_writer_t *w);

/* a string that needs no escape */
void agent_json_writer_word(agent_json_writer_t *w, const char *name,
    const char *value);

/* bytes that are no UTF-8 become U+FFFD */
void agent_json_writer_text(agent_json_writer_t *w, const char *name,
    const char *value, size_t len);

void agent_json_writer_base64(agent_json_writer_t *w, const char *name,
    const char *value, size_t len);

void agent_json_writer_integer(agent_json_writer_t *w, const char *name,
    int64_t value);

void agent_json_writer_bool(agent_json_writer_t *w, const char *name,
    int value);


#endif /* _AGENT_BASE_JSON_WRITER_H_INCLUDED_ */
