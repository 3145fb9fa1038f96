
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_JSON_WRITER_H_INCLUDED_
#define _AGENT_BASE_JSON_WRITER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"


/*
 * Appends compact JSON text to a buffer, whose sticky error also covers the
 * writer.  name is the name of a member, or NULL in an array and for the
 * outermost value; names are not escaped.
 */

typedef struct {
    agent_buffer_t  *buf;
    unsigned         comma:1;          /* separator before the next value */
} agent_json_writer_t;


void agent_json_writer_init(agent_json_writer_t *w, agent_buffer_t *buf);

void agent_json_writer_object(agent_json_writer_t *w, const char *name);
void agent_json_writer_object_end(agent_json_writer_t *w);

/* a string that needs no escaping */
void agent_json_writer_word(agent_json_writer_t *w, const char *name,
    const char *value);

/* invalid UTF-8 becomes U+FFFD */
void agent_json_writer_text(agent_json_writer_t *w, const char *name,
    const char *value, size_t len);

void agent_json_writer_base64(agent_json_writer_t *w, const char *name,
    const char *value, size_t len);

void agent_json_writer_integer(agent_json_writer_t *w, const char *name,
    int64_t value);

void agent_json_writer_bool(agent_json_writer_t *w, const char *name,
    int value);


#endif /* _AGENT_BASE_JSON_WRITER_H_INCLUDED_ */
