
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>
#include <strings.h>

#include "http/range.h"


static int agent_range_number(const char **p, int64_t *value);


agent_range_e
agent_range_parse(const char *value, int64_t size, int64_t *offset,
    int64_t *length)
{
    int          has_first, has_last;
    int64_t      first, last;
    const char  *p;

    if (value == NULL || strncasecmp(value, "bytes=", 6) != 0) {
        return AGENT_RANGE_WHOLE;
    }

    p = value + 6;

    while (*p == ' ' || *p == '\t') {
        p++;
    }

    has_first = agent_range_number(&p, &first);

    if (*p++ != '-') {
        return AGENT_RANGE_WHOLE;
    }

    has_last = agent_range_number(&p, &last);

    while (*p == ' ' || *p == '\t') {
        p++;
    }

    if (*p != '\0' || (!has_first && !has_last)) {
        return AGENT_RANGE_WHOLE;
    }

    if (!has_first) {

        /* the last bytes, or all if the file is smaller */

        if (last == 0 || size == 0) {
            return AGENT_RANGE_OUTSIDE;
        }

        *length = (last < size) ? last : size;
        *offset = size - *length;

        return AGENT_RANGE_PART;
    }

    if (has_last && last < first) {
        return AGENT_RANGE_WHOLE;
    }

    if (first >= size) {
        return AGENT_RANGE_OUTSIDE;
    }

    if (!has_last || last >= size) {
        last = size - 1;
    }

    *offset = first;
    *length = last - first + 1;

    return AGENT_RANGE_PART;
}


/* clamp an overflow to the maximum, which exceeds any file size */

static int
agent_range_number(const char **p, int64_t *value)
{
    int      found;
    int64_t  v;

    v = 0;
    found = 0;

    for ( /* void */ ; **p >= '0' && **p <= '9'; (*p)++) {
        found = 1;

        if (v > (INT64_MAX - 9) / 10) {
            v = INT64_MAX;

        } else {
            v = v * 10 + (**p - '0');
        }
    }

    *value = v;

    return found;
}
