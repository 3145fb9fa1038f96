
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "files/files.h"
#include "files/url_path.h"
#include "http/error.h"
#include "http/request.h"


typedef struct {
    int          err;
    int          status;           /* status of a read */
    int          write_status;
    const char  *code;
    const char  *text;
} agent_files_errno_t;


/* a missing file is 404 for a read; for a write its directory is at fault */

static const agent_files_errno_t  agent_files_errnos[] = {
    { ENOENT, 404, 409, NULL, "no such file or directory" },
    { ENOTDIR, 404, 409, NULL, "a component of the path is not a directory" },
    { EISDIR, 400, 409, "invalid_request", "is a directory" },
    { ENOTEMPTY, 409, 409, "invalid_request", "is a directory" },
    { EEXIST, 409, 409, "invalid_request", "a component of the path exists" },
    { EACCES, 403, 403, "invalid_request", "permission denied" },
    { EPERM, 403, 403, "invalid_request", "operation not permitted" },
    { EROFS, 403, 403, "invalid_request", "read-only file system" },
    { ENXIO, 400, 400, "invalid_request", "not a regular file" },
    { ELOOP, 400, 400, "invalid_request", "too many symbolic links" },
    { ENAMETOOLONG, 400, 400, "invalid_request", "file name too long" },
    { EINVAL, 400, 400, "invalid_request", "invalid file name" },
    { EAGAIN, 409, 409, "invalid_request", "file locked by another process" },
    { ETXTBSY, 409, 409, "invalid_request", "the file is being executed" },
    { EBUSY, 409, 409, "invalid_request", "the file is in use" },
    { ENOSPC, 507, 507, "no_space", "no space left on the device" },
    { EDQUOT, 507, 507, "no_space", "disk quota exceeded" },
    { EFBIG, 413, 413, "payload_too_large", "the file is too large" },
    { ENOMEM, 503, 503, "capacity_exceeded", "out of memory" },
    { EMFILE, 503, 503, "capacity_exceeded", "too many open files" },
    { ENFILE, 503, 503, "capacity_exceeded", "too many open files" },
    { 0, 0, 0, NULL, NULL }
};


char *
agent_files_path(agent_request_t *r)
{
    char              path[AGENT_URL_PATH_MAX + 2], *copy;
    agent_url_path_e  rc;

    rc = agent_url_path_decode(r->rest, path);

    if (rc != AGENT_URL_PATH_OK) {
        agent_http_error(r, rc == AGENT_URL_PATH_OUTSIDE ? 403 : 400,
                         "invalid_request", NULL, "%s",
                         agent_url_path_strerror(rc));
        return NULL;
    }

    copy = strdup(path);

    if (copy == NULL) {
        agent_files_error(r, ENOMEM, 0, path);
    }

    return copy;
}


void
agent_files_error(agent_request_t *r, int err, int writing, const char *path)
{
    int                         status;
    json_t                     *context;
    const char                 *code, *text;
    const agent_files_errno_t  *e;

    for (e = agent_files_errnos; e->err != 0 && e->err != err; e++) {
        /* void */
    }

    if (e->err != 0) {
        status = writing ? e->write_status : e->status;
        code = e->code;
        text = e->text;

        if (code == NULL) {
            code = writing ? "invalid_request" : "workspace_read_not_found";
        }

    } else {
        status = 502;
        code = writing ? "workspace_archive_write_error"
                       : "exec_transport_error";
        text = strerror(err);
    }

    context = agent_utf8_valid(path, strlen(path))
              ? json_pack("{s:s}", "path", path) : NULL;

    agent_http_error(r, status, code, context, "%s: %s", path, text);
}
