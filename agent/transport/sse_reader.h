
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_TRANSPORT_SSE_READER_H_INCLUDED_
#define _AGENT_TRANSPORT_SSE_READER_H_INCLUDED_


#include <stddef.h>


/*
 * Reads server-sent events (WHATWG HTML, 9.2.6) as they arrive.  Data of any
 * length is passed on in pieces; a name that comes after data is ignored, as
 * are ids.  Pure functions that neither allocate nor block.
 */


#define AGENT_SSE_READER_NAME  64      /* longer names are truncated */


typedef struct {
    /* set by the caller, in a zeroed structure */
    void       *data;
    /* data of an event begins; event: its name, or "" */
    void      (*on_begin)(void *data, const char *event);
    /* a piece of it, which may cut a character */
    void      (*on_data)(void *data, const char *buf, size_t len);
    /* the event is complete */
    void      (*on_end)(void *data);

    /* private to sse_reader.c */
    int         state;
    char        field[8];
    size_t      nfield;
    char        event[AGENT_SSE_READER_NAME + 1];
    size_t      nevent;
    unsigned    begun:1;               /* the event has data */
    unsigned    cr:1;                  /* the last byte was a CR */
} agent_sse_reader_t;


void agent_sse_reader_feed(agent_sse_reader_t *s, const char *buf,
    size_t len);


#endif /* _AGENT_TRANSPORT_SSE_READER_H_INCLUDED_ */
