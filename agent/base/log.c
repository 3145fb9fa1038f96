
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"


void
agent_log(const char *format, ...)
{
    int      n;
    char     line[1024];
    size_t   len;
    va_list  args;

    len = snprintf(line, sizeof(line), "sandbox agent: ");

    va_start(args, format);
    n = vsnprintf(line + len, sizeof(line) - len - 1, format, args);
    va_end(args);

    if (n < 0) {
        return;
    }

    len += n;

    if (len > sizeof(line) - 2) {
        len = sizeof(line) - 2;
    }

    line[len++] = '\n';

    if (write(STDERR_FILENO, line, len) == -1) {
        /* if the log is full, the line is lost */
        return;
    }
}
