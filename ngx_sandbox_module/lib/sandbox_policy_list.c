
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>

#include "lib/sandbox_json.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_grammar.h"
#include "lib/sandbox_policy_headers.h"
#include "lib/sandbox_policy_kind.h"
#include "lib/sandbox_policy_list.h"
#include "lib/sandbox_policy_member.h"


/* policy members that are lists: in bodies, responses and files */


static void sandbox_write_origins(const char *name, const char *origins,
    sandbox_json_writer_t *w);
static void sandbox_write_headers(const char *name,
    const sandbox_headers_t *headers, sandbox_json_writer_t *w);


/* a word, or a list of origins; in the file "origins" has the list */

static int
sandbox_cors_merge(const sandbox_policy_member_t *m, const cJSON *item,
    sandbox_policy_t *policy, int64_t now, sandbox_policy_fault_t *fault)
{
    int           n;
    char          origins[SANDBOX_ORIGINS_SIZE];
    const cJSON  *origin;

    memset(origins, 0, sizeof(origins));

    if (cJSON_IsArray(item)) {

        n = SANDBOX_CORS_LIST;

        cJSON_ArrayForEach(origin, item) {

            if (!cJSON_IsString(origin)
                || sandbox_policy_origin_add(origins, origin->valuestring))
            {
                return sandbox_policy_member_invalid(m, fault);
            }
        }

        if (origins[0] == '\0') {
            return sandbox_policy_member_invalid(m, fault);
        }

    } else {
        n = cJSON_IsString(item)
            ? sandbox_policy_word(m->words, item->valuestring) : 0;

        if (n == 0 || n == SANDBOX_CORS_LIST) {
            return sandbox_policy_member_invalid(m, fault);
        }
    }

    policy->cors = n;
    memcpy(policy->origins, origins, sizeof(origins));

    return 0;
}


static void
sandbox_cors_answer(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    if (policy->cors == SANDBOX_CORS_LIST) {
        sandbox_write_origins(m->name, policy->origins, w);

    } else {
        sandbox_policy_kind_word.answer(m, policy, w);
    }
}


static int
sandbox_cors_read(const sandbox_policy_member_t *m, const cJSON *json,
    sandbox_policy_t *policy)
{
    const cJSON  *list, *item;

    if (sandbox_policy_kind_word.read(m, json, policy)) {
        return -1;
    }

    list = cJSON_GetObjectItemCaseSensitive(json, "origins");

    if (list && !cJSON_IsArray(list)) {
        return -1;
    }

    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item)
            || sandbox_policy_origin_add(policy->origins, item->valuestring))
        {
            return -1;
        }
    }

    return 0;
}


static void
sandbox_cors_write(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    sandbox_policy_kind_word.write(m, policy, w);

    if (policy->origins[0]) {
        sandbox_write_origins("origins", policy->origins, w);
    }
}


static void
sandbox_write_origins(const char *name, const char *origins,
    sandbox_json_writer_t *w)
{
    sandbox_json_writer_array(w, name);

    while (*origins) {
        sandbox_json_writer_string(w, NULL, origins);
        origins = sandbox_policy_origin_next(origins);
    }

    sandbox_json_writer_close(w);
}


const sandbox_policy_kind_t  sandbox_policy_list_cors = {
    sandbox_cors_merge,
    sandbox_cors_answer,
    sandbox_cors_read,
    sandbox_cors_write
};


/* a string sets a header, false removes it, null drops the rule */

static int
sandbox_headers_merge(const sandbox_policy_member_t *m, const cJSON *item,
    sandbox_policy_t *policy, int64_t now, sandbox_policy_fault_t *fault)
{
    int                 response;
    const char         *value;
    const cJSON        *rule;
    sandbox_headers_t  *headers;

    if (!cJSON_IsObject(item)) {
        return sandbox_policy_member_invalid(m, fault);
    }

    response = (m->flags & SANDBOX_POLICY_RESPONSE) != 0;
    headers = (sandbox_headers_t *) sandbox_policy_member_text(policy, m);

    cJSON_ArrayForEach(rule, item) {

        if (!sandbox_policy_grammar_header_name(rule->string, response)) {
            return sandbox_policy_member_invalid(m, fault);
        }

        if (cJSON_IsNull(rule)) {
            sandbox_policy_headers_unset(headers, rule->string);
            continue;
        }

        value = cJSON_IsString(rule) ? rule->valuestring : NULL;

        if (!(value ? sandbox_policy_grammar_header_value(value)
                    : cJSON_IsFalse(rule)))
        {
            return sandbox_policy_member_invalid(m, fault);
        }

        if (sandbox_policy_headers_set(headers, rule->string, value)) {
            fault->too_large = 1;
            (void) snprintf(fault->text, sizeof(fault->text),
                            "\"%s\" is too large: its names and values may "
                            "have at most %d bytes in total.",
                            m->name, SANDBOX_HEADERS_SIZE);
            return -1;
        }
    }

    return 0;
}


static void
sandbox_headers_answer(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    sandbox_write_headers(m->name, (const sandbox_headers_t *)
                          sandbox_policy_member_text(policy, m), w);
}


static int
sandbox_headers_read(const sandbox_policy_member_t *m, const cJSON *json,
    sandbox_policy_t *policy)
{
    const cJSON             *map, *rule;
    sandbox_policy_fault_t   fault;

    map = cJSON_GetObjectItemCaseSensitive(json, m->file_name);

    /* the file has no rules to drop */

    cJSON_ArrayForEach(rule, map) {
        if (cJSON_IsNull(rule)) {
            return -1;
        }
    }

    return map ? sandbox_headers_merge(m, map, policy, 0, &fault) : 0;
}


static void
sandbox_headers_write(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    const sandbox_headers_t  *headers;

    headers = (const sandbox_headers_t *) sandbox_policy_member_text(policy,
                                                                      m);

    if (headers->text[0]) {
        sandbox_write_headers(m->file_name, headers, w);
    }
}


static void
sandbox_write_headers(const char *name, const sandbox_headers_t *headers,
    sandbox_json_writer_t *w)
{
    size_t            pos;
    sandbox_header_t  h;

    sandbox_json_writer_object(w, name);

    pos = 0;

    while (sandbox_policy_headers_next(headers, &pos, &h)) {

        if (h.value) {
            sandbox_json_writer_string(w, h.name, h.value);

        } else {
            sandbox_json_writer_bool(w, h.name, 0);
        }
    }

    sandbox_json_writer_close(w);
}


const sandbox_policy_kind_t  sandbox_policy_list_headers = {
    sandbox_headers_merge,
    sandbox_headers_answer,
    sandbox_headers_read,
    sandbox_headers_write
};


/* additional links; routes of their own change them */

static int
sandbox_links_read(const sandbox_policy_member_t *m, const cJSON *json,
    sandbox_policy_t *policy)
{
    const cJSON     *list, *item;
    sandbox_link_t  *link;

    list = cJSON_GetObjectItemCaseSensitive(json, m->file_name);

    if (list && !cJSON_IsArray(list)) {
        return -1;
    }

    cJSON_ArrayForEach(item, list) {

        if (policy->nlinks == SANDBOX_LINKS_MAX) {
            return -1;
        }

        link = &policy->links[policy->nlinks++];

        if (!cJSON_IsObject(item)
            || sandbox_json_string(item, "name", link->name,
                                   sizeof(link->name))
            || sandbox_json_string(item, "token", link->token,
                                   sizeof(link->token))
            || sandbox_json_integer(item, "expires_ms", &link->expires_ms, 0)
            || !sandbox_policy_grammar_link_name(link->name, strlen(link->name))
            || !sandbox_name_token_valid(link->token, strlen(link->token)))
        {
            return -1;
        }
    }

    return 0;
}


static void
sandbox_links_write(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    unsigned               i;
    const sandbox_link_t  *link;

    if (policy->nlinks == 0) {
        return;
    }

    sandbox_json_writer_array(w, m->file_name);

    for (i = 0; i < policy->nlinks; i++) {
        link = &policy->links[i];

        sandbox_json_writer_object(w, NULL);
        sandbox_json_writer_string(w, "name", link->name);
        sandbox_json_writer_string(w, "token", link->token);

        if (link->expires_ms) {
            sandbox_json_writer_number(w, "expires_ms",
                                       (double) link->expires_ms);
        }

        sandbox_json_writer_close(w);
    }

    sandbox_json_writer_close(w);
}


const sandbox_policy_kind_t  sandbox_policy_list_links = {
    NULL,
    NULL,
    sandbox_links_read,
    sandbox_links_write
};
