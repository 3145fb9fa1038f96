
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>


/*
 * Records every function that is entered; linked into builds that
 * bench/crossings makes with -finstrument-functions.  It reads the record
 * from outside, by /proc/<pid>/mem, so the code that is traced needs neither
 * a file nor a switch.
 */


#define TRACE_MAX  1048576


/* in libc there is a function of that name too, and it does nothing */

#define trace_hidden  __attribute__((visibility("hidden"), \
                                     no_instrument_function))


void __cyg_profile_func_enter(void *function, void *caller) trace_hidden;
void __cyg_profile_func_exit(void *function, void *caller) trace_hidden;


/* a ring: the entry of a call is its number modulo TRACE_MAX; nothing here
   reads it */

static size_t  trace_count __attribute__((used));
static void   *trace_calls[TRACE_MAX] __attribute__((used));


void
__cyg_profile_func_enter(void *function, void *caller)
{
    size_t  n;

    n = __atomic_fetch_add(&trace_count, 1, __ATOMIC_RELAXED);
    trace_calls[n % TRACE_MAX] = function;
}


void
__cyg_profile_func_exit(void *function, void *caller)
{
}
