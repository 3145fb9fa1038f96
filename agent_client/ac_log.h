
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_LOG_H_INCLUDED_
#define _AC_LOG_H_INCLUDED_


#include "ac_loop.h"


/* a line for the loop's log at level AC_LOG_DEBUG, cut to 512 bytes */
void ac_log_debug(ac_loop_t *loop, const char *format, ...)
    __attribute__((format(printf, 2, 3)));


#endif /* _AC_LOG_H_INCLUDED_ */
