
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_WATCH_LOG_H_INCLUDED_
#define _AGENT_WATCH_LOG_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <time.h>

#include "base/buffer.h"


/*
 * The last events of a watch, numbered from 1.  They are kept until all
 * readers have them, and not beyond a bound: a reader that is too slow finds
 * that events are lost.
 */


/* bytes, and less if memory is short */
#define AGENT_WATCH_LOG_MAX  (256 * 1024)


typedef enum {
    AGENT_WATCH_CREATE = 0,
    AGENT_WATCH_MODIFY,
    AGENT_WATCH_DELETE,
    AGENT_WATCH_MOVE_FROM,
    AGENT_WATCH_MOVE_TO,
    AGENT_WATCH_ATTRIB,
    AGENT_WATCH_KINDS,                 /* the number of those above */
    AGENT_WATCH_RESYNC = AGENT_WATCH_KINDS,
    AGENT_WATCH_SKIPPED
} agent_watch_kind_e;


typedef struct agent_watch_record_s  agent_watch_record_t;


struct agent_watch_record_s {
    TAILQ_ENTRY(agent_watch_record_s)   link;
    uint64_t                            seq;
    struct timespec                     time;
    const char                         *code;    /* SKIPPED: why */
    uint32_t                            cookie;  /* of both events of a move */
    uint16_t                            len;
    uint8_t                             kind;
    uint8_t                             is_directory;
    char                                path[];  /* absolute */
};


TAILQ_HEAD(agent_watch_records_s, agent_watch_record_s);


typedef struct {
    struct agent_watch_records_s  records;
    size_t                        bytes;
    uint64_t                      last;     /* the number of the last one */
    uint64_t                      dropped;  /* all up to this one */
    uint64_t                      resync;   /* the last RESYNC */
} agent_watch_log_t;


/* "create"; NULL if it is not one of the kinds */
const char *agent_watch_log_kind(agent_watch_kind_e kind);

void agent_watch_log_init(agent_watch_log_t *log);
void agent_watch_log_free(agent_watch_log_t *log);

/*
 * Appends an event, whose number is counted even if it is lost for want of
 * memory.  code is static, or NULL.
 */
void agent_watch_log_add(agent_watch_log_t *log, agent_watch_kind_e kind,
    int is_directory, uint32_t cookie, const char *code, const char *path,
    size_t len);

/* the first event that is kept after this number, or NULL */
agent_watch_record_t *agent_watch_log_after(agent_watch_log_t *log,
    uint64_t seq);

/* drops the events up to this number */
void agent_watch_log_drop(agent_watch_log_t *log, uint64_t seq);

/*
 * Appends the JSON text of an event, in ASCII.  cursor: with its number, and
 * without "type".
 */
void agent_watch_log_json(agent_buffer_t *b, const agent_watch_record_t *rec,
    int cursor);


#endif /* _AGENT_WATCH_LOG_H_INCLUDED_ */
