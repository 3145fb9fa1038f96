
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_LOG_READER_H_INCLUDED_
#define _AGENT_RUN_LOG_READER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "run/log.h"


typedef struct agent_log_reader_s  agent_log_reader_t;


typedef enum {
    AGENT_LOG_READER_OFF = 0,   /* no more data for now */
    AGENT_LOG_READER_WAIT,      /* on_ready follows */
    AGENT_LOG_READER_DATA,
    AGENT_LOG_READER_GAP        /* the range from offset to end is lost */
} agent_log_reader_e;


typedef struct {
    uint64_t     offset;
    uint64_t     end;
    int          stream;        /* 1 or 2 */
    const char  *data;          /* valid until the next call for this log */
} agent_log_reader_piece_t;


/* a reader from offset on; NULL if out of memory */
agent_log_reader_t *agent_log_reader_create(agent_run_log_t *s,
    uint64_t offset, void (*on_ready)(void *data), void *data);
void agent_log_reader_free(agent_log_reader_t *rd);

/* the next piece, of a single stream, at most AGENT_RUN_LOG_BLOCK bytes */
agent_log_reader_e agent_log_reader_read(agent_log_reader_t *rd,
    agent_log_reader_piece_t *piece);

/* the last n bytes of the last piece will be returned again */
void agent_log_reader_unread(agent_log_reader_t *rd, size_t n);

/*
 * Nothing is read for a while: frees the buffer if memory is short.  The last
 * piece is no longer valid.
 */
void agent_log_reader_rest(agent_log_reader_t *rd);

/* its current offset */
uint64_t agent_log_reader_offset(agent_log_reader_t *rd);


#endif /* _AGENT_RUN_LOG_READER_H_INCLUDED_ */
