
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/sandbox_json.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_grammar.h"
#include "lib/sandbox_policy_json.h"
#include "lib/sandbox_policy_member.h"


/* policies as JSON: the policy file, request bodies and responses */


/*
 * Version 1 had only token, name, host and exposed_ms.  A release that knows
 * only version 1 must not serve a port whose key it cannot read, so files are
 * written as version 2.
 */
#define SANDBOX_POLICY_VERSION  2


static int sandbox_merge_member(const sandbox_policy_member_t *m,
    const cJSON *item, sandbox_policy_t *policy, int64_t now,
    sandbox_policy_fault_t *fault);
static int sandbox_merge_group(const sandbox_policy_member_t *first,
    const cJSON *map, sandbox_policy_t *policy, int64_t now,
    sandbox_policy_fault_t *fault);


int
sandbox_policy_json_parse(const char *text, size_t len,
    sandbox_policy_t *policy)
{
    int                             rc;
    cJSON                          *json;
    const sandbox_policy_member_t  *m;

    memset(policy, 0, sizeof(sandbox_policy_t));

    json = sandbox_json_parse(text, len, SANDBOX_POLICY_VERSION);
    if (json == NULL) {
        return -1;
    }

    rc = 0;

    for (m = sandbox_policy_member_table; rc == 0 && m->file_name; m++) {
        rc = m->kind->read(m, json, policy);
    }

    if (rc == -1 || !sandbox_policy_token_valid(policy->token)) {
        memset(policy, 0, sizeof(sandbox_policy_t));
        errno = EBADMSG;
        rc = -1;
    }

    cJSON_Delete(json);

    return rc;
}


char *
sandbox_policy_json_format(const sandbox_policy_t *policy)
{
    cJSON                          *json;
    sandbox_json_writer_t           w;
    const sandbox_policy_member_t  *m;

    if (!sandbox_policy_token_valid(policy->token)) {
        errno = EINVAL;
        return NULL;
    }

    sandbox_json_writer_start(&w);
    sandbox_json_writer_number(&w, "v", SANDBOX_POLICY_VERSION);

    for (m = sandbox_policy_member_table; m->file_name; m++) {
        m->kind->write(m, policy, &w);
    }

    json = sandbox_json_writer_finish(&w);

    if (json == NULL) {
        errno = ENOMEM;
        return NULL;
    }

    return sandbox_json_print(json);
}


int
sandbox_policy_json_merge(sandbox_policy_t *policy, const cJSON *body,
    int64_t now, sandbox_policy_fault_t *fault)
{
    const cJSON                    *item;
    const sandbox_policy_member_t  *m, *next;

    if (body == NULL) {
        return 0;
    }

    for (m = sandbox_policy_member_table; m->file_name; m = next) {

        next = m + 1;

        if (m->name == NULL) {
            continue;
        }

        item = cJSON_GetObjectItemCaseSensitive(body,
                                                m->group ? m->group : m->name);

        if (m->group == NULL) {

            if (item && sandbox_merge_member(m, item, policy, now, fault)) {
                return -1;
            }

            continue;
        }

        if (item && sandbox_merge_group(m, item, policy, now, fault)) {
            return -1;
        }

        while (next->group && strcmp(next->group, m->group) == 0) {
            next++;
        }
    }

    return 0;
}


static int
sandbox_merge_member(const sandbox_policy_member_t *m, const cJSON *item,
    sandbox_policy_t *policy, int64_t now, sandbox_policy_fault_t *fault)
{
    if (cJSON_IsNull(item)) {
        memset(sandbox_policy_member_text(policy, m), 0, m->size);
        return 0;
    }

    return m->kind->merge(m, item, policy, now, fault);
}


/* null, for the object, resets all of its members */

static int
sandbox_merge_group(const sandbox_policy_member_t *first, const cJSON *map,
    sandbox_policy_t *policy, int64_t now, sandbox_policy_fault_t *fault)
{
    const cJSON                    *item;
    const sandbox_policy_member_t  *m;

    if (cJSON_IsNull(map)) {

        for (m = first; m->group && strcmp(m->group, first->group) == 0; m++) {
            (void) sandbox_merge_member(m, map, policy, now, fault);
        }

        return 0;
    }

    if (!cJSON_IsObject(map)) {
        goto invalid;
    }

    cJSON_ArrayForEach(item, map) {

        m = sandbox_policy_member_find(first->group, item->string);

        if (m == NULL) {
            goto invalid;
        }

        if (sandbox_merge_member(m, item, policy, now, fault)) {
            return -1;
        }
    }

    return 0;

invalid:

    return sandbox_policy_member_invalid(first, fault);
}


int
sandbox_policy_json_merge_link(sandbox_link_t *link, const cJSON *body,
    int64_t now, sandbox_policy_fault_t *fault)
{
    size_t                          i;
    const cJSON                    *item;
    sandbox_policy_t                policy;
    const sandbox_policy_member_t  *m;

    static const char *const  names[] = { "token", "expires" };

    item = body ? cJSON_GetObjectItemCaseSensitive(body, "name") : NULL;

    if (!cJSON_IsString(item)
        || !sandbox_policy_grammar_link_name(item->valuestring,
                                             strlen(item->valuestring)))
    {
        fault->too_large = 0;
        (void) snprintf(fault->text, sizeof(fault->text),
                        "\"name\" is required for a link: 1 to %d of the "
                        "characters A-Z, a-z, 0-9, \".\", \"_\" and \"-\", "
                        "with no leading dot.", SANDBOX_LINK_NAME_MAX);
        return -1;
    }

    /* a link's members are those of a policy */

    policy.token[0] = '\0';
    policy.expires_ms = 0;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        m = sandbox_policy_member_find(NULL, names[i]);
        item = cJSON_GetObjectItemCaseSensitive(body, names[i]);

        if (item
            && sandbox_merge_member(m, item, &policy, now, fault))
        {
            return -1;
        }
    }

    memset(link, 0, sizeof(sandbox_link_t));

    (void) strcpy(link->name,
                  cJSON_GetObjectItemCaseSensitive(body, "name")->valuestring);
    (void) strcpy(link->token, policy.token);
    link->expires_ms = policy.expires_ms;

    return 0;
}


void
sandbox_policy_json_write(sandbox_json_writer_t *w,
    const sandbox_policy_t *policy)
{
    const char                     *group;
    const sandbox_policy_member_t  *m;

    group = NULL;

    for (m = sandbox_policy_member_table; m->file_name; m++) {

        if (m->name == NULL || (m->flags & SANDBOX_POLICY_APART)) {
            continue;
        }

        if (group && (m->group == NULL || strcmp(m->group, group) != 0)) {
            sandbox_json_writer_close(w);
        }

        if (m->group && (group == NULL || strcmp(m->group, group) != 0)) {
            sandbox_json_writer_object(w, m->group);
        }

        group = m->group;
        m->kind->answer(m, policy, w);
    }

    if (group) {
        sandbox_json_writer_close(w);
    }
}
