
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_BUFFER_H_INCLUDED_
#define _AGENT_BASE_BUFFER_H_INCLUDED_


#include <stddef.h>


/*
 * A growable byte buffer.  A zeroed structure is an empty buffer.  Errors are
 * sticky: once out of memory, "failed" is set, appending does nothing, and
 * agent_buffer_take() returns NULL, so that only the final result has to be
 * checked. Data appended before the failure is kept.
 */

typedef struct {
    char      *data;                   /* NULL: empty */
    size_t     len;
    size_t     size;
    unsigned   failed:1;
} agent_buffer_t;


void agent_buffer_add(agent_buffer_t *b, const void *data, size_t len);

/* appends a string literal */
#define agent_buffer_adds(b, s)  agent_buffer_add(b, s, sizeof(s) - 1)

void agent_buffer_printf(agent_buffer_t *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Reserves at least size bytes at data + len, for the caller to write and then
 * add to len; NULL if out of memory.
 */
char *agent_buffer_reserve(agent_buffer_t *b, size_t size);

/* removes the first n bytes */
void agent_buffer_shift(agent_buffer_t *b, size_t n);

/*
 * Returns the bytes, NUL-terminated and malloc()ed, to be freed by the caller;
 * NULL if anything has failed.  The buffer is empty afterwards.
 */
char *agent_buffer_take(agent_buffer_t *b);

/* frees the bytes; the buffer is empty and can be used again */
void agent_buffer_free(agent_buffer_t *b);


#endif /* _AGENT_BASE_BUFFER_H_INCLUDED_ */
