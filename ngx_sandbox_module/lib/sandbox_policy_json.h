
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_POLICY_JSON_H_INCLUDED_
#define _SANDBOX_POLICY_JSON_H_INCLUDED_


#include <stddef.h>

#include <cjson/cJSON.h>

#include "lib/sandbox_policy.h"


/* policies as JSON text; pure functions, only formatting allocates */


/* of a policy: a list of strings; names with a string, or false for removal */
int sandbox_policy_json_add_origins(cJSON *json, const char *name,
    const char *origins);
int sandbox_policy_json_add_headers(cJSON *json, const char *name,
    const sandbox_headers_t *headers);

/*
 * The text of a policy file.  Parsing sets all members, missing ones to zero;
 * -1 with errno EBADMSG or ENOMEM.  Formatting returns text for free(), or
 * NULL with errno EINVAL, EFBIG or ENOMEM.
 */
int sandbox_policy_json_parse(const char *text, size_t len,
    sandbox_policy_t *policy);
char *sandbox_policy_json_format(const sandbox_policy_t *policy);


#endif /* _SANDBOX_POLICY_JSON_H_INCLUDED_ */
