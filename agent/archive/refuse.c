
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <string.h>

#include "archive/refuse.h"
#include "archive/tar.h"
#include "base/utf8.h"


typedef struct {
    int          err;
    int          status;
    const char  *code;
    const char  *text;
} agent_refuse_errno_t;


static json_t *agent_refuse_context(const char *name, const char *path);


static const agent_refuse_errno_t  agent_refuse_errnos[] = {
    { EACCES, 403, "invalid_request", "permission denied" },
    { EPERM, 403, "invalid_request", "operation not permitted" },
    { EROFS, 403, "invalid_request", "read-only file system" },
    { ENOTDIR, 409, "invalid_request", "is not a directory" },
    { ENOTEMPTY, 409, "invalid_request", "is a directory that is not empty" },
    { EEXIST, 409, "invalid_request", "is being changed by something else" },
    { EISDIR, 409, "invalid_request", "is a directory" },
    { EBUSY, 409, "invalid_request", "is in use" },
    { ETXTBSY, 409, "invalid_request", "is being executed" },
    { ENAMETOOLONG, 400, "invalid_request", "the name is too long" },
    { EINVAL, 400, "invalid_request", "the file system refuses the name" },
    { EFBIG, 413, "payload_too_large", "the file is too large" },
    { EOVERFLOW, 413, "payload_too_large",
      "the file is larger than 64 GB, which an archive cannot hold; add it to "
      "\"excludes\"" },
    { ENOSPC, 507, "no_space", "no space left on the device" },
    { EDQUOT, 507, "no_space", "disk quota exceeded" },
    { ENOMEM, 503, "capacity_exceeded", "out of memory" },
    { EMFILE, 503, "capacity_exceeded", "too many open files" },
    { ENFILE, 503, "capacity_exceeded", "too many open files" },
    { 0, 0, NULL, NULL }
};


int
agent_refuse_errno(agent_fault_t *fault, int err, int writing,
    const char *path)
{
    int                           status;
    const char                   *code, *text;
    const agent_refuse_errno_t  *e;

    for (e = agent_refuse_errnos; e->err != 0 && e->err != err; e++) {
        /* void */
    }

    if (e->err != 0) {
        status = e->status;
        code = e->code;
        text = e->text;

    } else {
        status = 502;
        code = NULL;
        text = strerror(err);
    }

    /* whatever keeps an archive from being read has one code */

    if (code == NULL || (!writing && status < 500)) {
        status = 502;
        code = writing ? "workspace_archive_write_error"
                       : "workspace_archive_read_error";
    }

    return agent_fault_set(fault, status, code,
                           agent_refuse_context("path", path),
                           "%.400s: %s", path, text);
}


int
agent_refuse(agent_fault_t *fault, int status, const char *member,
    const char *reason)
{
    return agent_fault_set(fault, status,
                           status == 413 ? "payload_too_large"
                                         : "invalid_request",
                           agent_refuse_context("member", member),
                           "%.400s: %s", member, reason);
}


/* what is no UTF-8, or too long for a path, is in the message only */

static json_t *
agent_refuse_context(const char *name, const char *path)
{
    size_t  len;

    len = strlen(path);

    return len <= AGENT_TAR_PATH && agent_utf8_valid(path, len)
           ? json_pack("{s:s}", name, path) : NULL;
}
