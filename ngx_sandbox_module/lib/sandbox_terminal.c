
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_query.h"
#include "lib/sandbox_terminal.h"


#define SANDBOX_TERMINAL_NAME  128


static int sandbox_terminal_size_valid(const char *value, int len);
static int sandbox_terminal_named(const sandbox_query_arg_t *arg,
    const char *name);


const char *
sandbox_terminal_check(const char *args, size_t len)
{
    int                  n;
    char                 value[SANDBOX_TERMINAL_NAME + 1];
    const char          *pos, *end;
    sandbox_query_arg_t  arg;

    if (len == 0) {
        return NULL;
    }

    pos = args;
    end = args + len;

    while (sandbox_query_next(&pos, end, &arg)) {

        /* -1: missing, malformed or too long */

        n = sandbox_query_value(&arg, value, sizeof(value));

        if (sandbox_terminal_named(&arg, "cols")
            || sandbox_terminal_named(&arg, "rows"))
        {
            if (!sandbox_terminal_size_valid(value, n)) {
                return "cols and rows must be valid numbers from 1 to 10000.";
            }

        } else if (sandbox_terminal_named(&arg, "session")
                   || sandbox_terminal_named(&arg, "sessionId"))
        {
            if (n < 0 || !sandbox_name_session_valid(value, n)) {
                return "Invalid session ID format: use 1 to 128 of the "
                       "characters A-Z, a-z, 0-9, \".\", \"_\" and \"-\", "
                       "without \"..\".";
            }
        }
    }

    return NULL;
}


static int
sandbox_terminal_size_valid(const char *value, int len)
{
    int  i, number;

    if (len < 1 || len > 9) {
        return 0;
    }

    for (i = 0, number = 0; i < len; i++) {

        if (value[i] < '0' || value[i] > '9') {
            return 0;
        }

        number = number * 10 + (value[i] - '0');
    }

    return number >= 1 && number <= SANDBOX_TERMINAL_SIZE_MAX;
}


static int
sandbox_terminal_named(const sandbox_query_arg_t *arg, const char *name)
{
    size_t       len;
    const char  *end;

    len = strlen(name);
    end = arg->value ? arg->value - 1 : arg->end;

    return (size_t) (end - arg->start) == len
           && memcmp(arg->start, name, len) == 0;
}
