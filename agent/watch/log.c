
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json_ascii.h"
#include "base/memory.h"
#include "base/time.h"
#include "base/utf8.h"
#include "watch/log.h"


static size_t agent_watch_log_size(size_t len);
static void agent_watch_log_shift(agent_watch_log_t *log);


static const char *const  agent_watch_log_kinds[] = {
    "create", "modify", "delete", "move_from", "move_to", "attrib"
};


const char *
agent_watch_log_kind(agent_watch_kind_e kind)
{
    return kind < AGENT_WATCH_KINDS ? agent_watch_log_kinds[kind] : NULL;
}


void
agent_watch_log_init(agent_watch_log_t *log)
{
    memset(log, 0, sizeof(agent_watch_log_t));
    TAILQ_INIT(&log->records);
}


void
agent_watch_log_free(agent_watch_log_t *log)
{
    agent_watch_log_drop(log, log->last);
}


void
agent_watch_log_add(agent_watch_log_t *log, agent_watch_kind_e kind,
    int is_directory, uint32_t cookie, const char *code, const char *path,
    size_t len)
{
    size_t                 size, max;
    agent_watch_record_t  *rec;

    log->last++;

    if (kind == AGENT_WATCH_RESYNC) {
        log->resync = log->last;
    }

    size = agent_watch_log_size(len);
    max = agent_memory_queue(AGENT_WATCH_LOG_MAX);

    /* the newest one is always kept */

    while (log->bytes && log->bytes + size > max) {
        agent_watch_log_shift(log);
    }

    rec = malloc(sizeof(agent_watch_record_t) + len + 1);

    if (rec == NULL) {
        agent_watch_log_drop(log, log->last);
        log->dropped = log->last;
        return;
    }

    rec->seq = log->last;
    rec->code = code;
    rec->cookie = cookie;
    rec->len = (uint16_t) len;
    rec->kind = (uint8_t) kind;
    rec->is_directory = (is_directory != 0);
    (void) clock_gettime(CLOCK_REALTIME, &rec->time);

    memcpy(rec->path, path, len);
    rec->path[len] = '\0';

    log->bytes += size;
    agent_memory_use(size);

    TAILQ_INSERT_TAIL(&log->records, rec, link);
}


/* with what the allocator adds */

static size_t
agent_watch_log_size(size_t len)
{
    return sizeof(agent_watch_record_t) + len + 16;
}


static void
agent_watch_log_shift(agent_watch_log_t *log)
{
    size_t                 size;
    agent_watch_record_t  *rec;

    rec = TAILQ_FIRST(&log->records);
    TAILQ_REMOVE(&log->records, rec, link);

    size = agent_watch_log_size(rec->len);
    log->bytes -= size;
    log->dropped = rec->seq;
    agent_memory_release(size);

    free(rec);
}


void
agent_watch_log_drop(agent_watch_log_t *log, uint64_t seq)
{
    agent_watch_record_t  *rec;

    for ( ;; ) {
        rec = TAILQ_FIRST(&log->records);

        if (rec == NULL || rec->seq > seq) {
            return;
        }

        agent_watch_log_shift(log);
    }
}


agent_watch_record_t *
agent_watch_log_after(agent_watch_log_t *log, uint64_t seq)
{
    agent_watch_record_t  *rec;

    /* nearly always it is close to the end */

    for (rec = TAILQ_LAST(&log->records, agent_watch_records_s); rec;
         rec = TAILQ_PREV(rec, agent_watch_records_s, link))
    {
        if (rec->seq <= seq) {
            return TAILQ_NEXT(rec, link);
        }
    }

    return TAILQ_FIRST(&log->records);
}


void
agent_watch_log_json(agent_buffer_t *b, const agent_watch_record_t *rec,
    int cursor)
{
    char  stamp[40], *p;

    if (cursor) {
        agent_buffer_printf(b, "{\"cursor\":%" PRIu64 ",", rec->seq);

    } else {
        agent_buffer_printf(b, "{\"type\":\"%s\",",
                            rec->kind == AGENT_WATCH_RESYNC ? "resync"
                            : rec->kind == AGENT_WATCH_SKIPPED ? "skipped"
                            : "event");
    }

    if (rec->kind < AGENT_WATCH_KINDS) {
        agent_buffer_printf(b, "\"eventType\":\"%s\",",
                            agent_watch_log_kinds[rec->kind]);

    } else if (cursor) {
        agent_buffer_printf(b, "\"eventType\":\"%s\",",
                            rec->kind == AGENT_WATCH_RESYNC ? "resync"
                                                            : "skipped");
    }

    agent_buffer_adds(b, "\"path\":\"");
    agent_json_ascii(b, rec->path, rec->len);
    agent_buffer_adds(b, "\",");

    if (!agent_utf8_valid(rec->path, rec->len)) {
        agent_buffer_adds(b, "\"pathBase64\":\"");

        p = agent_buffer_reserve(b, agent_base64_len(rec->len));

        if (p) {
            b->len += agent_base64(p, rec->path, rec->len);
        }

        agent_buffer_adds(b, "\",");
    }

    if (rec->kind == AGENT_WATCH_RESYNC) {
        agent_buffer_printf(b, "\"reason\":\"%s\",", rec->code);

    } else {
        agent_buffer_printf(b, "\"isDirectory\":%s,",
                            rec->is_directory ? "true" : "false");
    }

    if (rec->kind == AGENT_WATCH_SKIPPED) {
        agent_buffer_printf(b, "\"code\":\"%s\",", rec->code);
    }

    if (rec->cookie) {
        agent_buffer_printf(b, "\"cookie\":%" PRIu32 ",", rec->cookie);
    }

    agent_buffer_printf(b, "\"timestamp\":\"%s\"}",
                        agent_time_file(stamp, &rec->time));
}
