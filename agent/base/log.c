
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"


#define AGENT_LOG_FILE_MAX  64         /* bytes */


agent_log_level_e  agent_log_level = AGENT_LOG_DEFAULT;

static const char  *agent_log_dir;

static const char  *const agent_log_names[] = {
    "error", "warn", "info", "debug"
};


void
agent_log_configure(const char *dir)
{
    char    path[256], *text;
    size_t  i, len;

    if (dir) {
        agent_log_dir = dir;
    }

    agent_log_level = AGENT_LOG_DEFAULT;

    if (agent_log_dir == NULL) {
        return;
    }

    (void) snprintf(path, sizeof(path), "%s/log-level", agent_log_dir);

    text = agent_file_read(path, AGENT_LOG_FILE_MAX, &len);

    if (text == NULL) {
        return;
    }

    text[strcspn(text, " \t\r\n")] = '\0';

    for (i = 0; i <= AGENT_LOG_DEBUG; i++) {

        if (strcmp(text, agent_log_names[i]) == 0) {
            agent_log_level = (agent_log_level_e) i;
        }
    }

    free(text);
}


void
agent_log_write(agent_log_level_e level, const char *format, ...)
{
    int      n;
    char     line[1024], *p;
    size_t   len;
    va_list  args;

    len = snprintf(line, sizeof(line), "sandbox agent: [%s] ",
                   agent_log_names[level]);

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

    /* a name chosen by the tenant must not start a new line */

    for (p = line; p < line + len; p++) {

        if ((unsigned char) *p < ' ' || *p == '\177') {
            *p = '?';
        }
    }

    line[len++] = '\n';

    if (write(STDERR_FILENO, line, len) == -1) {
        /* if the log is full, the line is lost */
        return;
    }
}
