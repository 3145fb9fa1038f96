
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_BUFFER_H_INCLUDED_
#define _AGENT_BASE_BUFFER_H_INCLUDED_


#include <stddef.h>


/*
 * Bytes that grow as they are appended.  A buffer of zeros is an empty one.
 * The error is sticky: once there was no memory, "failed" is set, appending
 * does nothing, and agent_buffer_take() returns NULL, so that only the end of
 * a text has to be checked.  What was appended before the failure stays.
 */

typedef struct {
    char      *data;                   /* NULL: nothing was appended */
    size_t     len;
    size_t     size;
    unsigned   failed:1;
} agent_buffer_t;


void agent_buffer_add(agent_buffer_t *b, const void *data, size_t len);

/* a string literal */
#define agent_buffer_adds(b, s)  agent_buffer_add(b, s, sizeof(s) - 1)

void agent_buffer_printf(agent_buffer_t *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Room for at least size more bytes behind data + len, for the caller to
 * write to and to add to len; NULL where there is no memory.
 */
char *agent_buffer_reserve(agent_buffer_t *b, size_t size);

/* removes the first n bytes */
void agent_buffer_shift(agent_buffer_t *b, size_t n);

/*
 * The bytes and a NUL behind them; malloc()ed, the caller frees them.  NULL
 * where anything failed.  The buffer is empty afterwards.
 */
char *agent_buffer_take(agent_buffer_t *b);

/* the buffer is empty afterwards, and can be used again */
void agent_buffer_free(agent_buffer_t *b);


#endif /* _AGENT_BASE_BUFFER_H_INCLUDED_ */
