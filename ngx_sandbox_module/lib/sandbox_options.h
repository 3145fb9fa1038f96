
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_OPTIONS_H_INCLUDED_
#define _SANDBOX_OPTIONS_H_INCLUDED_


#include <stddef.h>

#include <cjson/cJSON.h>

#include "lib/sandbox_spec.h"


/* enough for any error of sandbox_options_merge() */
#define SANDBOX_OPTIONS_ERROR_MAX  256


/*
 * Merges sleepAfter, keepAlive, maxAge, env and labels of a body, which may be
 * NULL, into spec.  Allocates, and does not block.  Returns 0, or -1 with errno
 * EINVAL, EFBIG or ENOMEM, and an error message for the client; spec must be
 * freed in either case.
 */
int sandbox_options_merge(const cJSON *json, sandbox_spec_t *spec,
    char error[SANDBOX_OPTIONS_ERROR_MAX]);


#endif /* _SANDBOX_OPTIONS_H_INCLUDED_ */
