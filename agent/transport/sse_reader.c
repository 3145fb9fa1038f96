
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "transport/sse_reader.h"


enum {
    AGENT_SSE_READER_FIELD = 0,        /* in the name of a field */
    AGENT_SSE_READER_SPACE,            /* after its colon */
    AGENT_SSE_READER_DATA,
    AGENT_SSE_READER_EVENT,
    AGENT_SSE_READER_IGNORED
};


static void agent_sse_reader_colon(agent_sse_reader_t *s);
static void agent_sse_reader_line(agent_sse_reader_t *s);
static void agent_sse_reader_begin(agent_sse_reader_t *s);
static int agent_sse_reader_is(agent_sse_reader_t *s, const char *field);


void
agent_sse_reader_feed(agent_sse_reader_t *s, const char *buf, size_t len)
{
    size_t       n;
    const char  *p, *end;

    end = buf + len;

    for (p = buf; p < end; p++) {

        if (s->cr && *p == '\n') {
            s->cr = 0;
            continue;
        }

        s->cr = (*p == '\r');

        if (*p == '\n' || *p == '\r') {
            agent_sse_reader_line(s);
            continue;
        }

        if (s->state == AGENT_SSE_READER_FIELD) {

            if (*p == ':') {
                agent_sse_reader_colon(s);
                continue;
            }

            if (s->nfield == sizeof(s->field)) {
                s->state = AGENT_SSE_READER_IGNORED;
                continue;
            }

            s->field[s->nfield++] = *p;
            continue;
        }

        if (s->state == AGENT_SSE_READER_SPACE) {
            s->state = agent_sse_reader_is(s, "data") ? AGENT_SSE_READER_DATA
                                                      : AGENT_SSE_READER_EVENT;
            if (*p == ' ') {
                continue;
            }
        }

        for (n = 1; p + n < end && p[n] != '\n' && p[n] != '\r'; n++) {
            /* void */
        }

        if (s->state == AGENT_SSE_READER_DATA) {
            s->on_data(s->data, p, n);
        }

        if (s->state == AGENT_SSE_READER_EVENT) {
            len = sizeof(s->event) - 1 - s->nevent;
            len = n < len ? n : len;
            memcpy(s->event + s->nevent, p, len);
            s->nevent += len;
        }

        p += n - 1;
    }
}


static void
agent_sse_reader_colon(agent_sse_reader_t *s)
{
    if (agent_sse_reader_is(s, "data")) {
        s->state = AGENT_SSE_READER_SPACE;
        agent_sse_reader_begin(s);
        return;
    }

    if (agent_sse_reader_is(s, "event")) {
        s->state = AGENT_SSE_READER_SPACE;
        s->nevent = 0;
        return;
    }

    s->state = AGENT_SSE_READER_IGNORED;
}


static void
agent_sse_reader_line(agent_sse_reader_t *s)
{
    if (s->state == AGENT_SSE_READER_FIELD) {

        if (s->nfield == 0) {

            if (s->begun) {
                s->on_end(s->data);
            }

            s->begun = 0;
            s->nevent = 0;

        } else if (agent_sse_reader_is(s, "data")) {

            /* a field without a colon is empty */

            agent_sse_reader_begin(s);
        }
    }

    s->state = AGENT_SSE_READER_FIELD;
    s->nfield = 0;
}


/* lines of data are joined by line feeds */

static void
agent_sse_reader_begin(agent_sse_reader_t *s)
{
    if (s->begun) {
        s->on_data(s->data, "\n", 1);
        return;
    }

    s->begun = 1;
    s->event[s->nevent] = '\0';

    s->on_begin(s->data, s->event);
}


static int
agent_sse_reader_is(agent_sse_reader_t *s, const char *field)
{
    return s->nfield == strlen(field)
           && memcmp(s->field, field, s->nfield) == 0;
}
