
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_member.h"
#include "lib/sandbox_policy_settings.h"


/*
 * effective settings of a preview: its policy, with defaults of the location
 */


#define sandbox_setting(settings, m)                                          \
    (*(int64_t *) ((char *) (settings) + (m)->setting))


void
sandbox_policy_settings_init(sandbox_policy_settings_t *location)
{
    const sandbox_policy_member_t  *m;

    location->origins = NULL;

    for (m = sandbox_policy_member_table; m->file_name; m++) {
        if (m->setting != SANDBOX_POLICY_NO_SETTING) {
            sandbox_setting(location, m) = SANDBOX_POLICY_UNSET;
        }
    }
}


void
sandbox_policy_settings_merge(const sandbox_policy_settings_t *enclosing,
    sandbox_policy_settings_t *location)
{
    int64_t                         value;
    const sandbox_policy_member_t  *m;

    if (location->cors == SANDBOX_POLICY_UNSET) {
        location->origins = enclosing->origins;
    }

    for (m = sandbox_policy_member_table; m->file_name; m++) {

        if (m->setting == SANDBOX_POLICY_NO_SETTING
            || sandbox_setting(location, m) != SANDBOX_POLICY_UNSET)
        {
            continue;
        }

        value = sandbox_setting(enclosing, m);

        sandbox_setting(location, m) = (value == SANDBOX_POLICY_UNSET)
                                       ? m->initial : value;
    }
}


void
sandbox_policy_settings(const sandbox_policy_t *policy,
    const sandbox_policy_settings_t *location,
    sandbox_policy_settings_t *settings)
{
    int64_t                         value;
    const sandbox_policy_member_t  *m;

    settings->origins = policy->cors ? policy->origins : location->origins;

    for (m = sandbox_policy_member_table; m->file_name; m++) {

        if (m->setting == SANDBOX_POLICY_NO_SETTING) {
            continue;
        }

        value = sandbox_policy_member_number(policy, m);

        sandbox_setting(settings, m) = value ? value
                                             : sandbox_setting(location, m);
    }
}
