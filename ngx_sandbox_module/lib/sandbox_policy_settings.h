
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_POLICY_SETTINGS_H_INCLUDED_
#define _SANDBOX_POLICY_SETTINGS_H_INCLUDED_


#include <stdint.h>

#include "lib/sandbox_policy.h"


/*
 * Effective settings of a preview: its policy, with the defaults of its
 * location for members that are not set.  Pure functions that neither block
 * nor allocate.
 */


#define SANDBOX_POLICY_UNSET  (-1)       /* in a location */


/* values are those of sandbox_policy_t */

typedef struct {
    int64_t      access;
    int64_t      app_host;
    int64_t      cors;
    const char  *origins;                /* of cors; NULL: none */
    int64_t      cookies;
    int64_t      strip;
    int64_t      connections;            /* 0: no limit */
    int64_t      rate;
    int64_t      body;
    int64_t      wake;
} sandbox_policy_settings_t;


/* sets all members to SANDBOX_POLICY_UNSET */
void sandbox_policy_settings_init(sandbox_policy_settings_t *location);
/* replaces what is unset by the enclosing location, or the initial values */
void sandbox_policy_settings_merge(const sandbox_policy_settings_t *enclosing,
    sandbox_policy_settings_t *location);

/* origins point into the policy or the location */
void sandbox_policy_settings(const sandbox_policy_t *policy,
    const sandbox_policy_settings_t *location,
    sandbox_policy_settings_t *settings);


#endif /* _SANDBOX_POLICY_SETTINGS_H_INCLUDED_ */
