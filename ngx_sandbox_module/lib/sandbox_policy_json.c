
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <string.h>

#include "lib/sandbox_json.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_grammar.h"
#include "lib/sandbox_policy_headers.h"
#include "lib/sandbox_policy_json.h"


/* the text of policy files */


/*
 * Version 1 had only token, name, host and exposed_ms.  A release that knows
 * only version 1 must not serve a port whose key it cannot read, so files are
 * written as version 2.
 */
#define SANDBOX_POLICY_VERSION  2


static int sandbox_policy_json_parse_words(const cJSON *json,
    sandbox_policy_t *policy);
static int sandbox_policy_json_parse_numbers(const cJSON *json,
    sandbox_policy_t *policy);
static int sandbox_policy_json_parse_key(const cJSON *json,
    sandbox_policy_t *policy);
static int sandbox_policy_json_parse_origins(const cJSON *json,
    sandbox_policy_t *policy);
static int sandbox_policy_json_parse_headers(const cJSON *json,
    const char *name, sandbox_headers_t *headers, int response);
static int sandbox_policy_json_parse_links(const cJSON *json,
    sandbox_policy_t *policy);
static int sandbox_policy_json_parse_wake(const cJSON *json,
    sandbox_policy_t *policy);
static int sandbox_policy_json_add(cJSON *json, const sandbox_policy_t *policy);
static int sandbox_policy_json_add_word(cJSON *json, const char *name,
    const char *const *words, int value);
static int sandbox_policy_json_add_number(cJSON *json, const char *name,
    int64_t value);
static int sandbox_policy_json_add_links(cJSON *json,
    const sandbox_policy_t *policy);
static int sandbox_policy_json_add_wake(cJSON *json,
    const sandbox_policy_t *policy);


int
sandbox_policy_json_parse(const char *text, size_t len,
    sandbox_policy_t *policy)
{
    int     rc;
    cJSON  *json;

    memset(policy, 0, sizeof(sandbox_policy_t));

    json = sandbox_json_parse(text, len, SANDBOX_POLICY_VERSION);
    if (json == NULL) {
        return -1;
    }

    rc = 0;

    if (sandbox_json_string(json, "token", policy->token,
                            sizeof(policy->token))
        || sandbox_json_string(json, "name", policy->name,
                               sizeof(policy->name))
        || sandbox_json_string(json, "host", policy->host,
                               sizeof(policy->host))
        || sandbox_json_integer(json, "exposed_ms", &policy->exposed_ms, 0)
        || !sandbox_name_token_valid(policy->token, strlen(policy->token))
        || sandbox_policy_json_parse_words(json, policy)
        || sandbox_policy_json_parse_numbers(json, policy)
        || sandbox_policy_json_parse_key(json, policy)
        || sandbox_policy_json_parse_origins(json, policy)
        || sandbox_policy_json_parse_headers(json, "request_headers",
                                             &policy->request, 0)
        || sandbox_policy_json_parse_headers(json, "response_headers",
                                             &policy->response, 1)
        || sandbox_policy_json_parse_links(json, policy)
        || sandbox_policy_json_parse_wake(json, policy))
    {
        memset(policy, 0, sizeof(sandbox_policy_t));
        errno = EBADMSG;
        rc = -1;
    }

    cJSON_Delete(json);

    return rc;
}


static int
sandbox_policy_json_parse_words(const cJSON *json, sandbox_policy_t *policy)
{
    char      buf[16];
    size_t    i;
    int64_t   strip;

    const struct {
        const char         *name;
        const char *const  *words;
        int                *value;
    } fields[] = {
        { "access", sandbox_policy_access_words, &policy->access },
        { "app_host", sandbox_policy_host_words, &policy->app_host },
        { "cors", sandbox_policy_cors_words, &policy->cors },
        { "cookies", sandbox_policy_cookies_words, &policy->cookies }
    };

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {

        if (sandbox_json_string(json, fields[i].name, buf, sizeof(buf))) {
            return -1;
        }

        if (buf[0] == '\0') {
            continue;
        }

        *fields[i].value = sandbox_policy_word(fields[i].words, buf);

        if (*fields[i].value == 0) {
            return -1;
        }
    }

    if (sandbox_json_integer(json, "strip", &strip, 0)
        || strip > (SANDBOX_STRIP_GIVEN|SANDBOX_STRIP_AUTHORIZATION
                    |SANDBOX_STRIP_COOKIE))
    {
        return -1;
    }

    policy->strip = (unsigned) strip;

    return 0;
}


static int
sandbox_policy_json_parse_numbers(const cJSON *json, sandbox_policy_t *policy)
{
    if (sandbox_json_integer(json, "expires_ms", &policy->expires_ms, 0)
        || sandbox_json_integer(json, "connections", &policy->connections, 0)
        || sandbox_json_integer(json, "rate", &policy->rate, 0)
        || sandbox_json_integer(json, "body", &policy->body, 0))
    {
        return -1;
    }

    return (policy->connections > SANDBOX_CONNECTIONS_MAX
            || policy->rate > SANDBOX_RATE_MAX
            || policy->body > SANDBOX_BODY_MAX)
           ? -1 : 0;
}


static int
sandbox_policy_json_parse_key(const cJSON *json, sandbox_policy_t *policy)
{
    if (sandbox_json_string(json, "key", policy->key, sizeof(policy->key))) {
        return -1;
    }

    return (policy->key[0] == '\0'
            || sandbox_policy_grammar_key(policy->key, strlen(policy->key)))
           ? 0 : -1;
}


static int
sandbox_policy_json_parse_origins(const cJSON *json, sandbox_policy_t *policy)
{
    const cJSON  *list, *item;

    list = cJSON_GetObjectItemCaseSensitive(json, "origins");
    if (list == NULL) {
        return 0;
    }

    if (!cJSON_IsArray(list)) {
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


static int
sandbox_policy_json_parse_headers(const cJSON *json, const char *name,
    sandbox_headers_t *headers, int response)
{
    const cJSON  *map, *item;

    map = cJSON_GetObjectItemCaseSensitive(json, name);
    if (map == NULL) {
        return 0;
    }

    if (!cJSON_IsObject(map)) {
        return -1;
    }

    cJSON_ArrayForEach(item, map) {

        if (!sandbox_policy_grammar_header_name(item->string, response)
            || (!cJSON_IsFalse(item)
                && (!cJSON_IsString(item)
                    || !sandbox_policy_grammar_header_value(item->valuestring)))
            || sandbox_policy_headers_set(headers, item->string,
                                          cJSON_IsFalse(item) ? NULL

                                          : item->valuestring))
        {
            return -1;
        }
    }

    return 0;
}


static int
sandbox_policy_json_parse_links(const cJSON *json, sandbox_policy_t *policy)
{
    const cJSON     *list, *item;
    sandbox_link_t  *link;

    list = cJSON_GetObjectItemCaseSensitive(json, "links");
    if (list == NULL) {
        return 0;
    }

    if (!cJSON_IsArray(list)) {
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


static int
sandbox_policy_json_parse_wake(const cJSON *json, sandbox_policy_t *policy)
{
    const cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(json, "wake");

    if (item) {
        if (!cJSON_IsBool(item)) {
            return -1;
        }

        policy->wake = cJSON_IsTrue(item) ? SANDBOX_WAKE_ON
                                          : SANDBOX_WAKE_OFF;
    }

    if (sandbox_json_string(json, "command", policy->command,
                            sizeof(policy->command))
        || sandbox_json_string(json, "cwd", policy->cwd,
                               sizeof(policy->cwd)))
    {
        return -1;
    }

    return ((policy->command[0]
             && !sandbox_policy_command_valid(policy->command))
            || (policy->cwd[0] && !sandbox_policy_cwd_valid(policy->cwd)))
           ? -1 : 0;
}


char *
sandbox_policy_json_format(const sandbox_policy_t *policy)
{
    cJSON  *json;

    if (!sandbox_name_token_valid(policy->token, strlen(policy->token))) {
        errno = EINVAL;
        return NULL;
    }

    json = cJSON_CreateObject();

    if (json == NULL
        || cJSON_AddNumberToObject(json, "v", SANDBOX_POLICY_VERSION) == NULL
        || cJSON_AddStringToObject(json, "token", policy->token) == NULL
        || cJSON_AddStringToObject(json, "name", policy->name) == NULL
        || cJSON_AddStringToObject(json, "host", policy->host) == NULL
        || cJSON_AddNumberToObject(json, "exposed_ms",
                                   (double) policy->exposed_ms) == NULL
        || sandbox_policy_json_add(json, policy))
    {
        cJSON_Delete(json);
        errno = ENOMEM;
        return NULL;
    }

    return sandbox_json_print(json);
}


/* members that are not set are omitted */

static int
sandbox_policy_json_add(cJSON *json, const sandbox_policy_t *policy)
{
    if (policy->key[0]
        && cJSON_AddStringToObject(json, "key", policy->key) == NULL)
    {
        return -1;
    }

    return sandbox_policy_json_add_number(json, "expires_ms",
                                          policy->expires_ms)
           || sandbox_policy_json_add_word(json, "access",
                                           sandbox_policy_access_words,
                                           policy->access)
           || sandbox_policy_json_add_word(json, "app_host",
                                           sandbox_policy_host_words,
                                           policy->app_host)
           || sandbox_policy_json_add_word(json, "cors",
                                           sandbox_policy_cors_words,
                                           policy->cors)
           || (policy->origins[0]

               && sandbox_policy_json_add_origins(json, "origins",
                                                  policy->origins))
           || sandbox_policy_json_add_word(json, "cookies",
                                           sandbox_policy_cookies_words,
                                           policy->cookies)
           || sandbox_policy_json_add_number(json, "strip", policy->strip)
           || sandbox_policy_json_add_number(json, "connections",
                                             policy->connections)
           || sandbox_policy_json_add_number(json, "rate", policy->rate)
           || sandbox_policy_json_add_number(json, "body", policy->body)
           || (policy->request.text[0]
               && sandbox_policy_json_add_headers(json, "request_headers",
                                                  &policy->request))
           || (policy->response.text[0]
               && sandbox_policy_json_add_headers(json, "response_headers",
                                                  &policy->response))
           || sandbox_policy_json_add_links(json, policy)
           || sandbox_policy_json_add_wake(json, policy);
}


static int
sandbox_policy_json_add_word(cJSON *json, const char *name,
    const char *const *words, int value)
{
    if (value == 0) {
        return 0;
    }

    return cJSON_AddStringToObject(json, name, words[value]) == NULL;
}


static int
sandbox_policy_json_add_number(cJSON *json, const char *name, int64_t value)
{
    if (value == 0) {
        return 0;
    }

    return cJSON_AddNumberToObject(json, name, (double) value) == NULL;
}


int
sandbox_policy_json_add_origins(cJSON *json, const char *name,
    const char *origins)
{
    cJSON  *list, *item;

    list = cJSON_AddArrayToObject(json, name);

    if (list == NULL) {
        return -1;
    }

    for ( /* void */ ;
         *origins;
         origins = sandbox_policy_origin_next(origins))
    {

        item = cJSON_CreateString(origins);

        if (item == NULL || !cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            return -1;
        }
    }

    return 0;
}


int
sandbox_policy_json_add_headers(cJSON *json, const char *name,
    const sandbox_headers_t *headers)
{
    size_t             pos;
    cJSON             *map;
    sandbox_header_t   h;

    map = cJSON_AddObjectToObject(json, name);

    if (map == NULL) {
        return -1;
    }

    pos = 0;

    while (sandbox_policy_headers_next(headers, &pos, &h)) {

        if ((h.value ? cJSON_AddStringToObject(map, h.name, h.value)
                     : cJSON_AddFalseToObject(map, h.name))
            == NULL)
        {
            return -1;
        }
    }

    return 0;
}


static int
sandbox_policy_json_add_links(cJSON *json, const sandbox_policy_t *policy)
{
    cJSON                 *list, *item;
    unsigned               i;
    const sandbox_link_t  *link;

    if (policy->nlinks == 0) {
        return 0;
    }

    list = cJSON_AddArrayToObject(json, "links");

    if (list == NULL) {
        return -1;
    }

    for (i = 0; i < policy->nlinks; i++) {

        link = &policy->links[i];
        item = cJSON_CreateObject();

        if (item == NULL
            || cJSON_AddStringToObject(item, "name", link->name) == NULL
            || cJSON_AddStringToObject(item, "token", link->token) == NULL

            || sandbox_policy_json_add_number(item, "expires_ms",
                                              link->expires_ms)
            || !cJSON_AddItemToArray(list, item))
        {
            cJSON_Delete(item);
            return -1;
        }
    }

    return 0;
}


static int
sandbox_policy_json_add_wake(cJSON *json, const sandbox_policy_t *policy)
{
    if (policy->wake
        && cJSON_AddBoolToObject(json, "wake",
                                 policy->wake == SANDBOX_WAKE_ON)
           == NULL)
    {
        return -1;
    }

    if (policy->command[0]
        && cJSON_AddStringToObject(json, "command", policy->command) == NULL)
    {
        return -1;
    }

    return policy->cwd[0]
           && cJSON_AddStringToObject(json, "cwd", policy->cwd) == NULL
           ? -1 : 0;
}
