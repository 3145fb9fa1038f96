
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_json.h"
#include "core/ngx_http_sandbox_clock.h"
#include "api/ngx_http_sandbox_policy_json.h"


/* JSON of port policies and links in API responses */


static ngx_int_t ngx_http_sandbox_policy_json_word(cJSON *json,
    const char *name, const char *const *words, int value);
static ngx_int_t ngx_http_sandbox_policy_json_strip(cJSON *json,
    sandbox_policy_t *policy);
static ngx_int_t ngx_http_sandbox_policy_json_limits(cJSON *json,
    sandbox_policy_t *policy);


ngx_int_t
ngx_http_sandbox_policy_json(cJSON *json, sandbox_policy_t *policy)
{
    if (ngx_http_sandbox_policy_json_time(json, policy->expires_ms) != NGX_OK
        || ngx_http_sandbox_policy_json_word(json, "access",
                                             sandbox_policy_access_words,
                                             policy->access)
           != NGX_OK
        || (policy->key[0]
            ? cJSON_AddStringToObject(json, "key", policy->key)
            : cJSON_AddNullToObject(json, "key"))
           == NULL

        || ngx_http_sandbox_policy_json_word(json, "host",
                                             sandbox_policy_host_words,
                                             policy->app_host)
           != NGX_OK
        || (policy->cors == SANDBOX_CORS_LIST
            ? sandbox_policy_json_add_origins(json, "cors", policy->origins)
            : ngx_http_sandbox_policy_json_word(json, "cors",
                                                sandbox_policy_cors_words,
                                                policy->cors))
           != NGX_OK
        || ngx_http_sandbox_policy_json_word(json, "cookies",
                                             sandbox_policy_cookies_words,
                                             policy->cookies)
           != NGX_OK
        || ngx_http_sandbox_policy_json_strip(json, policy) != NGX_OK
        || ngx_http_sandbox_policy_json_limits(json, policy) != NGX_OK
        || sandbox_policy_json_add_headers(json, "requestHeaders",
                                           &policy->request)
        || sandbox_policy_json_add_headers(json, "responseHeaders",
                                           &policy->response))
    {
        return NGX_ERROR;
    }

    return ngx_http_sandbox_policy_json_wake(json, policy);
}


ngx_int_t
ngx_http_sandbox_policy_json_time(cJSON *json, int64_t ms)
{
    char  time[NGX_HTTP_SANDBOX_TIME_LEN];

    if (ms == 0) {
        return cJSON_AddNullToObject(json, "expires") ? NGX_OK : NGX_ERROR;
    }

    ngx_http_sandbox_clock_iso(ms, time);

    return cJSON_AddStringToObject(json, "expires", time) ? NGX_OK
                                                          : NGX_ERROR;
}


static ngx_int_t
ngx_http_sandbox_policy_json_word(cJSON *json, const char *name,
    const char *const *words, int value)
{
    return (value ? cJSON_AddStringToObject(json, name, words[value])
                  : cJSON_AddNullToObject(json, name))
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_sandbox_policy_json_strip(cJSON *json, sandbox_policy_t *policy)
{
    cJSON       *list, *item;
    ngx_uint_t   i;

    static const char *const  names[] = { "authorization", "cookie" };

    if (policy->strip == 0) {
        return cJSON_AddNullToObject(json, "strip") ? NGX_OK : NGX_ERROR;
    }

    list = cJSON_AddArrayToObject(json, "strip");

    for (i = 0; list && i < 2; i++) {

        if (!(policy->strip & (SANDBOX_STRIP_AUTHORIZATION << i))) {
            continue;
        }

        item = cJSON_CreateString(names[i]);

        if (!cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            return NGX_ERROR;
        }
    }

    return list ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_sandbox_policy_json_limits(cJSON *json, sandbox_policy_t *policy)
{
    cJSON       *map;
    ngx_uint_t   i;

    const struct {
        const char  *name;
        int64_t      value;
    } limits[] = {
        { "connections", policy->connections },
        { "rate", policy->rate },
        { "body", policy->body }
    };

    map = cJSON_AddObjectToObject(json, "limits");

    for (i = 0; map && i < 3; i++) {
        if ((limits[i].value
             ? cJSON_AddNumberToObject(map, limits[i].name,
                                       (double) limits[i].value)
             : cJSON_AddNullToObject(map, limits[i].name))
            == NULL)
        {
            return NGX_ERROR;
        }
    }

    return map ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_sandbox_policy_json_wake(cJSON *json, sandbox_policy_t *policy)
{
    cJSON  *wake;

    wake = policy->wake ? cJSON_CreateBool(policy->wake == SANDBOX_WAKE_ON)
                        : cJSON_CreateNull();

    if (!cJSON_AddItemToObject(json, "wake", wake)) {
        cJSON_Delete(wake);
        return NGX_ERROR;
    }

    if (policy->command[0]
        && cJSON_AddStringToObject(json, "command", policy->command) == NULL)
    {
        return NGX_ERROR;
    }

    if (policy->cwd[0]
        && cJSON_AddStringToObject(json, "cwd", policy->cwd) == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
