
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_RANGE_H_INCLUDED_
#define _AGENT_HTTP_RANGE_H_INCLUDED_


#include <stdint.h>


typedef enum {
    AGENT_RANGE_WHOLE = 0,         /* no range, several ranges, or invalid */
    AGENT_RANGE_PART,
    AGENT_RANGE_OUTSIDE            /* 416 */
} agent_range_e;


/*
 * Applies the value of a Range header, or NULL, to a file of size bytes. On
 * AGENT_RANGE_PART, offset and length are within the file, and length is not
 * 0.
 */
agent_range_e agent_range_parse(const char *value, int64_t size,
    int64_t *offset, int64_t *length);


#endif /* _AGENT_HTTP_RANGE_H_INCLUDED_ */
