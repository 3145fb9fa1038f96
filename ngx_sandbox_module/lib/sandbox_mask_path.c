
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>
#include <string.h>

#include "lib/sandbox_mask_path.h"


#define SANDBOX_PATH_MASK  "***"


static int sandbox_path_is_end(int c);


void
sandbox_mask_path(char *text)
{
    char    *from, *to;
    size_t   len, mask;

    to = text;

    for (from = text; *from; /* void */ ) {

        /* neither "//" nor a single slash is a path */

        if (*from != '/' || from[1] == '/' || sandbox_path_is_end(from[1])
            || (from > text && !sandbox_path_is_end(from[-1])))
        {
            *to++ = *from++;
            continue;
        }

        for (len = 1; !sandbox_path_is_end(from[len]); len++) { /* void */ }

        mask = sizeof(SANDBOX_PATH_MASK) - 1;

        if (mask > len) {
            mask = len;
        }

        memcpy(to, SANDBOX_PATH_MASK, mask);

        to += mask;
        from += len;
    }

    *to = '\0';
}


/* what delimits a path in a message */

static int
sandbox_path_is_end(int c)
{
    return c == '\0' || strchr(" \t\r\n\"'`=:,;()[]{}<>|", c) != NULL;
}
