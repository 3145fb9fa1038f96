
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>

#include <cjson/cJSON.h>

#include "lib/sandbox_sysctl.h"

#include "host/arguments.h"
#include "host/text.h"


/* what a class gets without "nofile=", at most */
#define SELFTEST_ARGUMENTS_NOFILE  8192


static void selftest_arguments_limit(selftest_trial_t *t, cJSON *limits,
    const char *name, const char *fact, double unit);


/* where the host's limits are low, a trial would take from the host */

void
selftest_arguments_sysctl(selftest_trial_t *t)
{
    char              *text, *more;
    size_t             i, n;
    sandbox_sysctl_t   low[SANDBOX_SYSCTL_MAX];

    n = sandbox_sysctl_low("/proc", low);

    if (n == 0) {
        t->counters = 1;
        selftest_trial_arg(t, "counters=1");
        return;
    }

    text = selftest_text_format("too low:");

    for (i = 0; i < n; i++) {
        more = selftest_text_format("%s %s=%llu", text, low[i].name,
                                    (unsigned long long) low[i].value);
        free(text);
        text = more;
    }

    selftest_trial_row(t, "kernel-limits", SELFTEST_NOT_ENFORCED, text);
    free(text);
}


/* those that nginx shows as being in force */

int
selftest_arguments_limits(selftest_trial_t *t)
{
    char   *path;
    long    status;
    cJSON  *json, *limits;

    path = selftest_text_format("/v1/sandbox/%s", t->a);
    status = selftest_api_call(t->run->api, "GET", path, NULL);
    free(path);

    if (status != 200) {
        return selftest_trial_error(t, "cannot read the limits");
    }

    json = cJSON_Parse(t->run->api->body.data);
    limits = cJSON_GetObjectItemCaseSensitive(json, "limits");

    selftest_arguments_limit(t, limits, "memory", "memory", 1);
    selftest_arguments_limit(t, limits, "pids", "pids", 1);
    selftest_arguments_limit(t, limits, "cpus", "nano-cpus", 1e9);

    if (t->class->disk
        || cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(limits, "disk")))
    {
        selftest_arguments_limit(t, limits, "disk", "disk", 1);
    }

    cJSON_Delete(json);

    return 0;
}


static void
selftest_arguments_limit(selftest_trial_t *t, cJSON *limits, const char *name,
    const char *fact, double unit)
{
    cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(limits, name);

    if (cJSON_IsNumber(item)) {
        selftest_trial_arg(t, "%s=%.0f", fact, item->valuedouble * unit);
        return;
    }

    /* every class has these limits, but not every engine enforces them */

    selftest_trial_row(t, name, SELFTEST_NOT_ENFORCED,
                         "the engine does not enforce it, and nginx shows no "
                         "limit");
}


void
selftest_arguments_facts(selftest_trial_t *t)
{
    unsigned                  i;
    uint64_t                  nofile;
    const selftest_class_t   *class;

    class = t->class;

    if (*class->network) {
        selftest_trial_arg(t, "network=%s", class->network);
    }

    if (class->user) {
        selftest_trial_arg(t, "user=1");
    }

    nofile = class->nofile ? class->nofile : SELFTEST_ARGUMENTS_NOFILE;

    /* of a class that is only named, nothing is known */

    if (*class->network) {
        selftest_trial_arg(t, "nofile=%llu", (unsigned long long) nofile);
    }

    if (t->run->worker_nofile) {
        selftest_trial_arg(t, "worker-nofile=%llu",
                             (unsigned long long) t->run->worker_nofile);
    }

    for (i = 0; i < 5; i++) {
        selftest_trial_arg(t, "%s=%s", selftest_machine_namespaces[i],
                             t->machine.namespaces[i]);
    }

    for (i = 0; i < t->machine.nlisteners; i++) {
        selftest_trial_arg(t, "host=%s/%d", t->machine.listeners[i].address,
                             t->machine.listeners[i].port);
    }
}
