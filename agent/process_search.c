
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "process_api.h"
#include "process_wait.h"
#include "text.h"


/* as much of a line as an answer shows */
#define AGENT_SEARCH_LINE  4096


/* wait-for-log: the log is read from an offset on, and then as it grows */

typedef struct {
    agent_wait_t            wait;
    agent_pattern_t        *pattern;
    agent_pattern_state_t   states[2];
    agent_spool_reader_t   *reader;
    uv_idle_t               idle;
    int                     stream;    /* 0: both */

    /* the line that is not whole yet, of each stream */
    char                   *line[2];
    size_t                  line_len[2];

    unsigned                yielded:1;
} agent_search_t;


static void agent_search_body(agent_request_t *r, json_t *body);
static void agent_search_event(agent_process_watch_t *watch);
static void agent_search_ready(void *data);
static void agent_search_idle(uv_idle_t *idle);
static void agent_search_more(agent_search_t *x);
static int agent_search_piece(agent_search_t *x, agent_spool_piece_t *piece);
static void agent_search_keep(agent_search_t *x, int n, const char *buf,
    size_t len);
static int agent_search_last(agent_search_t *x);
static void agent_search_found(agent_search_t *x, int stream,
    uint64_t offset);
static void agent_search_close(agent_wait_t *w);


void
agent_process_post_wait_log(agent_request_t *r)
{
    agent_http_read_json(r, AGENT_WAIT_JSON_MAX, agent_search_body);
}


static void
agent_search_body(agent_request_t *r, json_t *body)
{
    int                      i;
    char                     error[256], condition[160];
    agent_search_t          *x;
    agent_process_search_t   search;

    if (agent_process_parse_search(body, &search, error, sizeof(error)) != 0)
    {
        agent_http_error(r, 400, "VALIDATION_FAILED", NULL, "%s", error);
        return;
    }

    i = snprintf(condition, sizeof(condition), "log line \"%.128s",
                 search.text);
    i -= (int) agent_utf8_tail(condition, i);
    snprintf(condition + i, sizeof(condition) - i, "\"");

    x = (agent_search_t *) agent_wait_create(r, sizeof(agent_search_t),
                                             search.timeout_ms, condition);

    if (x == NULL) {
        agent_pattern_free(search.pattern);
        return;
    }

    x->pattern = search.pattern;
    x->stream = search.stream;
    x->wait.watch.on_output = agent_search_event;
    x->wait.watch.on_exit = agent_search_event;
    x->wait.on_close = agent_search_close;

    for (i = 0; i < 2; i++) {
        agent_pattern_begin(x->pattern, &x->states[i]);
        x->line[i] = malloc(AGENT_SEARCH_LINE);
    }

    uv_idle_init(agent_loop, &x->idle);
    x->idle.data = x;
    x->wait.handles++;

    x->reader = agent_spool_reader_create(x->wait.watch.process->log,
                                          search.offset, agent_search_ready,
                                          x);

    if (x->reader == NULL || x->line[0] == NULL || x->line[1] == NULL) {
        agent_wait_no_memory(&x->wait);
        return;
    }

    agent_search_more(x);
}


static void
agent_search_event(agent_process_watch_t *watch)
{
    agent_search_more(watch->data);
}


static void
agent_search_ready(void *data)
{
    agent_search_more(data);
}


static void
agent_search_idle(uv_idle_t *idle)
{
    agent_search_t  *x;

    x = idle->data;
    x->yielded = 0;

    uv_idle_stop(idle);

    agent_search_more(x);
}


/* a piece a turn: a pattern may be slow, and others have work to do */

static void
agent_search_more(agent_search_t *x)
{
    agent_spool_piece_t   piece;

    if (x->wait.over || x->yielded) {
        return;
    }

    switch (agent_spool_read(x->reader, &piece)) {

    case AGENT_SPOOL_WAIT:
        return;

    case AGENT_SPOOL_DATA:

        if (agent_search_piece(x, &piece)) {
            return;
        }

        break;

    case AGENT_SPOOL_GAP:

        /* what is on either side of it is not one line */

        agent_pattern_begin(x->pattern, &x->states[0]);
        agent_pattern_begin(x->pattern, &x->states[1]);
        x->line_len[0] = 0;
        x->line_len[1] = 0;
        break;

    default: /* AGENT_SPOOL_OFF */

        if (agent_process_ended(x->wait.watch.process)
            && !agent_search_last(x))
        {
            agent_wait_exited(&x->wait);
        }

        return;
    }

    x->yielded = 1;
    uv_idle_start(&x->idle, agent_search_idle);
}


/* 1: it is there */

static int
agent_search_piece(agent_search_t *x, agent_spool_piece_t *piece)
{
    int          n;
    size_t       len, end;
    ssize_t      at;
    const char  *p;

    n = piece->stream - 1;

    if (x->stream && x->stream != piece->stream) {
        return 0;
    }

    len = (size_t) (piece->end - piece->offset);

    at = agent_pattern_feed(x->pattern, &x->states[n], piece->data, len);

    if (at == -1) {
        agent_search_keep(x, n, piece->data, len);
        return 0;
    }

    /* the line that the match ends in, as far as it is there */

    end = at;

    if (end && piece->data[end - 1] == '\n') {
        end--;
    }

    agent_search_keep(x, n, piece->data, end);

    p = memchr(piece->data + end, '\n', len - end);

    if (p) {
        len = p - piece->data;
    }

    agent_search_keep(x, n, piece->data + end, len - end);
    agent_search_found(x, piece->stream, piece->offset + at);

    return 1;
}


/* of what has passed, the line that is not whole yet */

static void
agent_search_keep(agent_search_t *x, int n, const char *buf, size_t len)
{
    size_t       room;
    const char  *p;

    p = memrchr(buf, '\n', len);

    if (p) {
        p++;
        len -= p - buf;
        buf = p;
        x->line_len[n] = 0;
    }

    room = AGENT_SEARCH_LINE - x->line_len[n];

    if (len > room) {
        len = room;
    }

    memcpy(x->line[n] + x->line_len[n], buf, len);
    x->line_len[n] += len;
}


/* its last line may have no end */

static int
agent_search_last(agent_search_t *x)
{
    int  n;

    for (n = 0; n < 2; n++) {

        if (agent_pattern_end(x->pattern, &x->states[n])) {
            agent_search_found(x, n + 1,
                               agent_spool_reader_offset(x->reader));
            return 1;
        }
    }

    return 0;
}


static void
agent_search_found(agent_search_t *x, int stream, uint64_t offset)
{
    char    *line, *text;
    size_t   len, n;
    json_t  *json;

    line = x->line[stream - 1];
    len = x->line_len[stream - 1];

    if (len == AGENT_SEARCH_LINE) {
        len -= agent_utf8_tail(line, len);
    }

    text = malloc(len * AGENT_JSON_ESCAPE + agent_base64_len(len) + 64);

    if (text == NULL) {
        agent_wait_no_memory(&x->wait);
        return;
    }

    /* bytes that are no text are replaced there as everywhere */

    n = sprintf(text, "{\"line\":\"");
    n += agent_json_escape(text + n, line, len);

    if (!agent_utf8_valid(line, len)) {
        n += sprintf(text + n, "\",\"lineBase64\":\"");
        n += agent_base64(text + n, line, len);
    }

    n += sprintf(text + n, "\"}");

    json = json_loadb(text, n, 0, NULL);
    free(text);

    if (json) {
        json_object_set_new(json, "stream", json_string(stream == 1
                                                        ? "stdout"
                                                        : "stderr"));
        json_object_set_new(json, "offset",
                            json_integer((json_int_t) offset));
    }

    agent_wait_ready(&x->wait, json);
}


static void
agent_search_close(agent_wait_t *w)
{
    agent_search_t  *x;

    x = (agent_search_t *) w;

    agent_spool_reader_free(x->reader);
    agent_pattern_free(x->pattern);

    free(x->line[0]);
    free(x->line[1]);

    uv_close((uv_handle_t *) &x->idle, agent_wait_closed);
}
