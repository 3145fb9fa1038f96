
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <string.h>

#include "base/fault.h"
#include "base/utf8.h"
#include "files/fault.h"


typedef struct {
    int          err;
    int          status;
    const char  *code;
    const char  *text;
} agent_files_fault_row_t;


static const agent_files_fault_row_t  agent_files_faults[] = {
    { ENOENT, 404, "FILE_NOT_FOUND", "File not found" },
    { ENOTDIR, 400, "NOT_DIRECTORY", "not a directory" },
    { EISDIR, 400, "IS_DIRECTORY", "is a directory" },
    { EEXIST, 409, "FILE_EXISTS", "already exists" },
    { ENOTEMPTY, 409, "FILE_EXISTS", "the directory is not empty" },
    { EACCES, 403, "PERMISSION_DENIED", "permission denied" },
    { EPERM, 403, "PERMISSION_DENIED", "operation not permitted" },
    { EROFS, 403, "READ_ONLY", "read-only file system" },
    { EBUSY, 409, "RESOURCE_BUSY", "in use, a mount point, or being changed" },
    { ETXTBSY, 409, "RESOURCE_BUSY", "the file is being executed" },
    { EAGAIN, 409, "RESOURCE_BUSY", "locked by another process" },
    { ENXIO, 400, "VALIDATION_FAILED", "not a regular file" },
    { ELOOP, 400, "VALIDATION_FAILED", "too many symbolic links" },
    { EINVAL, 400, "VALIDATION_FAILED", "the operation is not possible" },
    { ENAMETOOLONG, 400, "NAME_TOO_LONG", "a name exceeds 255 bytes, the path "
      "4095 bytes, or directories are nested too deeply" },
    { EMLINK, 500, "TOO_MANY_LINKS", "too many links" },
    { EMFILE, 500, "TOO_MANY_FILES", "too many open files" },
    { ENFILE, 500, "TOO_MANY_FILES", "too many open files" },
    { EFBIG, 413, "FILE_TOO_LARGE", "the file is too large" },
    { ENOSPC, 507, "NO_SPACE", "no space left on the device" },
    { EDQUOT, 507, "NO_SPACE", "disk quota exceeded" },
    { ENOMEM, 500, "INTERNAL_ERROR", "out of memory" },
    { EIO, 500, "FILESYSTEM_ERROR", NULL }          /* and any other */
};

#define AGENT_FILES_FAULTS                                                    \
    (sizeof(agent_files_faults) / sizeof(agent_files_faults[0]))


int
agent_files_fault_errno(agent_fault_t *fault, int err, const char *operation,
    const char *path)
{
    size_t                          i;
    json_t                         *context;
    const char                     *text;
    const agent_files_fault_row_t  *row;

    if (err == EILSEQ) {
        return agent_files_fault_invalid(fault, "content", "INVALID_BASE64",
                                         "content: invalid base64");
    }

    for (i = 0; i < AGENT_FILES_FAULTS - 1; i++) {

        if (agent_files_faults[i].err == err) {
            break;
        }
    }

    row = &agent_files_faults[i];

    text = row->text ? row->text : strerror(err);
    context = agent_files_fault_context(operation, path);

    if (err == ENOENT) {
        return agent_fault_set(fault, row->status, row->code, context,
                               "%s: %.512s", text, path);
    }

    return agent_fault_set(fault, row->status, row->code, context,
                           "%.512s: %s", path, text);
}


json_t *
agent_files_fault_context(const char *operation, const char *path)
{
    size_t  len;

    len = strlen(path);

    if (!agent_utf8_valid(path, len)) {
        return json_pack("{s:s}", "operation", operation);
    }

    return json_pack("{s:s%, s:s}", "path", path, len, "operation", operation);
}


int
agent_files_fault_invalid(agent_fault_t *fault, const char *field,
    const char *code, const char *message)
{
    json_t  *context;

    context = json_pack("{s:[{s:s, s:s, s:s}]}", "validationErrors",
                        "field", field, "message", message, "code", code);

    return agent_fault_set(fault, 400, "VALIDATION_FAILED", context, "%s",
                           message);
}
