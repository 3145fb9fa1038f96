
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/base.h"
#include "base/path.h"


int
agent_path_normalize(char *dst, size_t size, const char *base,
    const char *path)
{
    int          pass;
    size_t       len, n;
    const char  *p, *end;

    if (size < 2) {
        return -1;
    }

    len = 0;

    /* process the base, then the path, segment by segment */

    for (pass = (path[0] == '/'); pass < 2; pass++) {
        p = pass ? path : base;

        while (*p) {

            if (*p == '/') {
                p++;
                continue;
            }

            end = strchr(p, '/');
            n = end ? (size_t) (end - p) : strlen(p);

            if (n == 2 && p[0] == '.' && p[1] == '.') {
                while (len && dst[--len] != '/') { /* void */ }

            } else if (n != 1 || p[0] != '.') {

                if (n + 1 >= size - len) {
                    return -1;
                }

                dst[len++] = '/';
                memcpy(dst + len, p, n);
                len += n;
            }

            p += n;
        }
    }

    if (len == 0) {
        dst[len++] = '/';
    }

    dst[len] = '\0';

    return 0;
}


int
agent_path_in_workspace(const char *path)
{
    size_t  n;

    n = sizeof(AGENT_WORKSPACE) - 1;

    return strncmp(path, AGENT_WORKSPACE, n) == 0
           && (path[n] == '/' || path[n] == '\0');
}
