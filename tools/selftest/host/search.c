
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "host/search.h"
#include "host/text.h"


#define SELFTEST_SEARCH_PORT  8080


static void selftest_search_data(void *data, char *line);
static void selftest_search_for(selftest_trial_t *t, const char *where,
    const char *data, size_t len, const char *secret, const char *what);


/* for its token and its key, which the sandbox must not see */

void
selftest_search_expose(selftest_trial_t *t)
{
    char   *path;
    long    status;
    cJSON  *json, *item;

    path = selftest_text_format("/v1/sandbox/%s/ports/%d", t->a,
                                SELFTEST_SEARCH_PORT);
    status = selftest_api_call(t->run->api, "POST", path,
                               "{\"access\":\"key\"}");
    free(path);

    /* without sandbox_preview_url, there are no ports */

    if (status != 200) {
        return;
    }

    json = cJSON_Parse(t->run->api->body.data);

    item = cJSON_GetObjectItemCaseSensitive(json, "token");

    if (cJSON_IsString(item)) {
        t->token = selftest_text_format("%s", item->valuestring);
    }

    item = cJSON_GetObjectItemCaseSensitive(json, "key");

    if (cJSON_IsString(item)) {
        t->port_key = selftest_text_format("%s", item->valuestring);
    }

    cJSON_Delete(json);
}


int
selftest_search(selftest_trial_t *t)
{
    int          code;
    const char  *argv[3];

    selftest_trial_step(t, "secrets");

    argv[0] = "/" SELFTEST_TRIAL_PROBER;
    argv[1] = "secrets";
    argv[2] = NULL;

    code = selftest_api_exec(t->run->api, t->a, argv, selftest_search_data, t);

    if (code != 0) {
        return selftest_trial_ended(t, code);
    }

    selftest_trial_row(t, "secrets", SELFTEST_PASSED, NULL);

    return 0;
}


/* data NAME BASE64 */

static void
selftest_search_data(void *data, char *line)
{
    char                    *where, *p;
    long                     len;
    unsigned                 i;
    selftest_trial_t      *t = data;
    const selftest_keys_t   *keys;

    if (strncmp(line, "data ", 5) != 0) {
        return;
    }

    where = line + 5;

    p = strchr(where, ' ');
    if (p == NULL) {
        return;
    }

    *p++ = '\0';

    len = selftest_text_decode(p);
    if (len <= 0) {
        return;
    }

    keys = t->run->keys;

    for (i = 0; i < keys->n; i++) {
        selftest_search_for(t, where, p, (size_t) len, keys->keys[i],
                                "an API key");
    }

    selftest_search_for(t, where, p, (size_t) len, t->token,
                            "the token of a port");
    selftest_search_for(t, where, p, (size_t) len, t->port_key,
                            "the key of a port");
}


static void
selftest_search_for(selftest_trial_t *t, const char *where,
    const char *data, size_t len, const char *secret, const char *what)
{
    char  *text;

    if (secret == NULL || memmem(data, len, secret, strlen(secret)) == NULL) {
        return;
    }

    text = selftest_text_format("%s has %s", where, what);
    selftest_trial_row(t, "secrets", SELFTEST_FAILED, text);
    free(text);
}
