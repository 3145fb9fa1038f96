
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_FAULT_H_INCLUDED_
#define _AGENT_FILES_FAULT_H_INCLUDED_


#include <jansson.h>

#include "base/fault.h"


/*
 * An errno as a fault of the /api routes, with path and operation in its
 * context; operation is static, "file.read".  ENXIO stands for "not a regular
 * file", EILSEQ for invalid base64.  Always returns -1.
 */
int agent_files_fault_errno(agent_fault_t *fault, int err,
    const char *operation, const char *path);

/* {"path":path,"operation":operation}, for a fault with its own message */
json_t *agent_files_fault_context(const char *operation, const char *path);

/* 400 VALIDATION_FAILED with context.validationErrors; code is static */
int agent_files_fault_invalid(agent_fault_t *fault, const char *field,
    const char *code, const char *message);


#endif /* _AGENT_FILES_FAULT_H_INCLUDED_ */
