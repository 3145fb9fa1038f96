
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/path.h"
#include "base/url.h"
#include "files/url_path.h"


static agent_url_path_e agent_url_path_unescape(const char *p, char *out,
    size_t *len);
static int agent_url_path_names(const char *path, int *directory);


agent_url_path_e
agent_url_path_decode(const char *encoded, char *out)
{
    int               directory;
    char              path[AGENT_URL_PATH_MAX + 1];
    size_t            len;
    agent_url_path_e  rc;

    path[0] = '/';

    rc = agent_url_path_unescape(encoded, path + 1, &len);
    if (rc != AGENT_URL_PATH_OK) {
        return rc;
    }

    if (len == 0) {
        return AGENT_URL_PATH_EMPTY;
    }

    if (agent_url_path_names(path, &directory) == -1
        || agent_path_normalize(out, AGENT_URL_PATH_MAX + 1, "/", path) == -1)
    {
        return AGENT_URL_PATH_LONG;
    }

    if (!agent_path_in_workspace(out)) {
        return AGENT_URL_PATH_OUTSIDE;
    }

    if (directory) {
        strcat(out, "/");
    }

    return AGENT_URL_PATH_OK;
}


const char *
agent_url_path_strerror(agent_url_path_e rc)
{
    switch (rc) {

    case AGENT_URL_PATH_OK:
        return NULL;

    case AGENT_URL_PATH_EMPTY:
        return "the path is empty: give a path below /workspace";

    case AGENT_URL_PATH_ESCAPE:
        return "the path contains a % that is not followed by two hexadecimal "
               "digits";

    case AGENT_URL_PATH_NUL:
        return "the path contains a NUL byte";

    case AGENT_URL_PATH_LONG:
        return "the path exceeds 4096 bytes, or one of its names exceeds 255 "
               "bytes";

    case AGENT_URL_PATH_OUTSIDE:
        return "the path must be within /workspace";
    }

    return "the path is not valid";
}


/* out has room for AGENT_URL_PATH_MAX - 1 bytes and a NUL */

static agent_url_path_e
agent_url_path_unescape(const char *p, char *out, size_t *len)
{
    int     c;
    size_t  n;

    for (n = 0; *p != '\0'; p++) {
        c = *p;

        if (c == '%') {
            c = agent_url_escape(p, strnlen(p, 3));

            if (c == -1) {
                return AGENT_URL_PATH_ESCAPE;
            }

            p += 2;

            if (c == 0) {
                return AGENT_URL_PATH_NUL;
            }
        }

        if (n == AGENT_URL_PATH_MAX - 1) {
            return AGENT_URL_PATH_LONG;
        }

        out[n++] = (char) c;
    }

    out[n] = '\0';
    *len = n;

    return AGENT_URL_PATH_OK;
}


/* -1: a name is too long; *directory: the last name must be a directory */

static int
agent_url_path_names(const char *path, int *directory)
{
    size_t       n;
    const char  *p;

    *directory = 0;

    for (p = path; *p != '\0'; p += n) {
        p++;
        n = strcspn(p, "/");

        if (n > AGENT_URL_PATH_NAME) {
            return -1;
        }

        *directory = (n == 0 || (n == 1 && p[0] == '.')
                      || (n == 2 && p[0] == '.' && p[1] == '.'));
    }

    return 0;
}
