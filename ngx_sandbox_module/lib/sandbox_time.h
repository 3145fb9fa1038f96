
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_TIME_H_INCLUDED_
#define _SANDBOX_TIME_H_INCLUDED_


#include <stdint.h>

#include <cjson/cJSON.h>


/* times and durations in the API; pure functions */


#define SANDBOX_TIME_LEN  sizeof("1970-01-01T00:00:00.000Z")


/* formats ms since the epoch as ISO 8601, with the NUL */
void sandbox_time_format(int64_t ms, char buf[SANDBOX_TIME_LEN]);

/*
 * ISO 8601 with seconds, an optional fraction and a zone, as ms since the
 * epoch; -1: invalid
 */
int64_t sandbox_time_parse(const char *text);

/*
 * A duration in ms, from 1 second to 366 days: a number of seconds, or a string
 * with the unit "s", "m", "h" or "d"; -1: invalid.
 */
int64_t sandbox_time_duration(const cJSON *item);


#endif /* _SANDBOX_TIME_H_INCLUDED_ */
