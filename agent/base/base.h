
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_H_INCLUDED_
#define _AGENT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <uv.h>


#ifndef AGENT_BUILD
#define AGENT_BUILD  "0.1.0"
#endif


#define AGENT_PROTOCOL   1
#define AGENT_WORKSPACE  "/workspace"


extern uv_loop_t   *agent_loop;
extern const char  *agent_workdir;         /* the image's WORKDIR */

/* CLOCK_MONOTONIC at the first instruction, milliseconds */
extern uint64_t     agent_started;


uint64_t agent_monotonic_ms(void);

/* one line on standard error, which is the container's log */
void agent_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * A whole regular file, ended with a NUL; malloc()ed.  NULL with errno for
 * anything else, or for more than max bytes.
 */
char *agent_read_file(const char *path, size_t max, size_t *len);

/* random lower-case hexadecimal digits; size counts the NUL */
void agent_random_hex(char *buf, size_t size);

/* makes the directory that commands start in, where it is missing */
void agent_workspace_make(void);

/* main.c: from here the agent only ends; status 0 after an orderly stop */
void agent_shutdown(unsigned grace_ms);

/* main.c: TERM to all that runs, KILL after ms */
void agent_end_all(unsigned ms);


#endif /* _AGENT_H_INCLUDED_ */
