
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_JSON_SPLIT_H_INCLUDED_
#define _AGENT_BASE_JSON_SPLIT_H_INCLUDED_


#include <jansson.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/fault.h"


/*
 * Parses a JSON text as it arrives, and passes a long string on in pieces: the
 * member "content" of a record.  The record is the outermost object, or each
 * object in an array that is a member of it.  Everything else is collected, and
 * parsed as a whole, so that it is bounded by AGENT_JSON_SPLIT_MAX bytes.
 */


#define AGENT_JSON_SPLIT_MAX  65536


typedef struct {
    /* "content" begins; head is what preceded it in its record, borrowed */
    int         (*begin)(void *data, json_t *head, agent_fault_t *fault);
    /* a piece of it, split between characters */
    void        (*text)(void *data, const char *buf, size_t len);
    /*
     * The record is complete; "content" is "" in it, or absent, or whatever it
     * is instead of a string.  Borrowed.  Parsing stops after this call.
     */
    int         (*record)(void *data, json_t *record, agent_fault_t *fault);
} agent_json_split_ops_t;


typedef enum {
    AGENT_JSON_SPLIT_OUTER = 0,        /* in the outermost object */
    AGENT_JSON_SPLIT_LIST,             /* in the array, between records */
    AGENT_JSON_SPLIT_RECORD,
    AGENT_JSON_SPLIT_CONTENT,
    AGENT_JSON_SPLIT_END               /* after the outermost object */
} agent_json_split_state_e;


typedef struct {
    /* set by the caller, in a zeroed structure */

    const agent_json_split_ops_t  *ops;
    void                          *data;
    const char                    *list;  /* the array; NULL: the body itself */

    /* private to json_split.c */

    agent_json_split_state_e       state;
    agent_buffer_t                 outer;
    agent_buffer_t                 record;
    size_t                         depth;
    size_t                         key;      /* where the last one begins */
    unsigned                       begun:1;  /* the text */
    unsigned                       stop:1;
    unsigned                       quoted:1;
    unsigned                       escaped:1;
    unsigned                       want_key:1;
    unsigned                       named:1;  /* the value is the one sought */
    unsigned                       value:1;  /* after its colon */
    unsigned                       comma:1;  /* or the end of the array */
    unsigned                       first:1;
    unsigned                       given:1;  /* the content of this record */

    /* of the content */
    unsigned                       escape;   /* position in an escape */
    unsigned                       code;     /* of a character */
    unsigned                       high;     /* a surrogate */
    char                           rest[4];  /* of a character */
    size_t                         nrest;
} agent_json_split_t;


/*
 * Parses bytes until a record is complete; *used: how many.  0, or -1 with a
 * fault, after which only agent_json_split_free() may follow.
 */
int agent_json_split_feed(agent_json_split_t *s, const char *buf, size_t len,
    size_t *used, agent_fault_t *fault);

/*
 * The text is complete.  *outer: the outermost object without its records, to
 * be freed by the caller.
 */
int agent_json_split_end(agent_json_split_t *s, json_t **outer,
    agent_fault_t *fault);

/* what the outermost object has so far, or NULL; to be freed by the caller */
json_t *agent_json_split_head(agent_json_split_t *s);

void agent_json_split_free(agent_json_split_t *s);


#endif /* _AGENT_BASE_JSON_SPLIT_H_INCLUDED_ */
