
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_TIME_H_INCLUDED_
#define _AGENT_BASE_TIME_H_INCLUDED_


#include <stdint.h>
#include <time.h>


/* CLOCK_MONOTONIC at the first instruction, milliseconds */
extern uint64_t     agent_time_started;


uint64_t agent_time_ms(void);

/* "Sat, 31 Jan 2026 12:00:00 GMT" into a buffer of 32 bytes */
const char *agent_time_http(char *buf, time_t t);

/* "2026-01-31T12:00:00.123Z" into a buffer of 32 bytes */
const char *agent_time_iso(char *buf);

/* the same of a file's time, with nine digits after the point */
const char *agent_time_file(char *buf, const struct timespec *ts);


#endif /* _AGENT_BASE_TIME_H_INCLUDED_ */
