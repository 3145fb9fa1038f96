
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdarg.h>
#include <stdio.h>

#include "ac_log.h"


void
ac_log_debug(ac_loop_t *loop, const char *format, ...)
{
    char     text[512];
    va_list  args;

    va_start(args, format);
    (void) vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    loop->log(loop, AC_LOG_DEBUG, 0, text);
}
