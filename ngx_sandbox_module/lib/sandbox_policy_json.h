
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_POLICY_JSON_H_INCLUDED_
#define _SANDBOX_POLICY_JSON_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_member.h"


/*
 * Policies as JSON: the policy file, request bodies and responses.  Nothing
 * blocks; only formatting and writing allocate.
 */


/*
 * The text of a policy file.  Parsing sets all members, missing ones to zero;
 * -1 with errno EBADMSG or ENOMEM.  Formatting returns text for free(), or
 * NULL with errno EINVAL, EFBIG or ENOMEM.
 */
int sandbox_policy_json_parse(const char *text, size_t len,
    sandbox_policy_t *policy);
char *sandbox_policy_json_format(const sandbox_policy_t *policy);

/*
 * Merges a body, or NULL, into a policy: missing members are unchanged, null
 * resets a member.  now is in ms since the epoch.  0, or -1 with the fault set;
 * the policy may then have been changed in part.
 */
int sandbox_policy_json_merge(sandbox_policy_t *policy, const cJSON *body,
    int64_t now, sandbox_policy_fault_t *fault);
/* the same with a link's name, which is required, token and time */
int sandbox_policy_json_merge_link(sandbox_link_t *link, const cJSON *body,
    int64_t now, sandbox_policy_fault_t *fault);

/* writes the settings of a policy, which are all but token, name and links */
void sandbox_policy_json_write(sandbox_json_writer_t *w,
    const sandbox_policy_t *policy);


#endif /* _SANDBOX_POLICY_JSON_H_INCLUDED_ */
