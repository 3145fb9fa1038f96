
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _POLL_LOOP_H_INCLUDED_
#define _POLL_LOOP_H_INCLUDED_


#include <stddef.h>

#include "ac_loop.h"


/* an ac_loop_t on poll(), for tests: small, slow, and strict about misuse */


typedef struct poll_loop_s  poll_loop_t;


poll_loop_t *poll_loop_create(void);
/* aborts when a watch or a timer is left */
void poll_loop_destroy(poll_loop_t *pl);

ac_loop_t *poll_loop_ac(poll_loop_t *pl);

/* turns until *flag is not 0: 1; or for at most ms milliseconds: 0 */
int poll_loop_run(poll_loop_t *pl, const int *flag, unsigned ms);

/* the next n calls of watch() return NULL */
void poll_loop_fail_watches(poll_loop_t *pl, unsigned n);

unsigned poll_loop_watches(poll_loop_t *pl);
unsigned poll_loop_timers(poll_loop_t *pl);
/* armed timers that are not AC_BACKGROUND: what holds off a graceful exit */
unsigned poll_loop_foreground(poll_loop_t *pl);
unsigned long poll_loop_turns(poll_loop_t *pl);


#endif /* _POLL_LOOP_H_INCLUDED_ */
