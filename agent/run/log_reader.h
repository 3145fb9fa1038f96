
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_LOG_READER_H_INCLUDED_
#define _AGENT_RUN_LOG_READER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "run/log.h"


typedef struct agent_spool_reader_s  agent_spool_reader_t;


typedef enum {
    AGENT_SPOOL_OFF = 0,        /* nothing more now */
    AGENT_SPOOL_WAIT,           /* on_ready follows */
    AGENT_SPOOL_DATA,
    AGENT_SPOOL_GAP             /* offset to end is not kept */
} agent_spool_e;


typedef struct {
    uint64_t     offset;
    uint64_t     end;
    int          stream;        /* 1 or 2 */
    const char  *data;          /* until the next call for the spool */
} agent_spool_piece_t;


/* begins at offset; NULL where there is no memory */
agent_spool_reader_t *agent_spool_reader_create(agent_spool_t *s,
    uint64_t offset, void (*on_ready)(void *data), void *data);
void agent_spool_reader_free(agent_spool_reader_t *rd);

/* the next piece, of one stream and of at most AGENT_SPOOL_BLOCK */
agent_spool_e agent_spool_read(agent_spool_reader_t *rd,
    agent_spool_piece_t *piece);

/* the last n bytes of the last piece come again */
void agent_spool_unread(agent_spool_reader_t *rd, size_t n);

/* where it stands */
uint64_t agent_spool_reader_offset(agent_spool_reader_t *rd);


#endif /* _AGENT_RUN_LOG_READER_H_INCLUDED_ */
