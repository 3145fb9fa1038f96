
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_time.h"
#include "core/ngx_http_sandbox_error.h"
#include "api/ngx_http_sandbox_options_parse.h"


/*
 * Options of a sandbox, set at creation or by PATCH.  They are stored in
 * spec.json, and sent to a running sandbox over its tether.
 */


/* the options must fit into one packet to the agent */
#define NGX_HTTP_SANDBOX_ENV_MAX      32768
#define NGX_HTTP_SANDBOX_LABELS_MAX   8192


static ngx_int_t ngx_http_sandbox_options_parse_time(cJSON *json,
    const char *name, int64_t *ms, ngx_http_sandbox_failure_t *failure);
static ngx_int_t ngx_http_sandbox_options_parse_flag(cJSON *json,
    const char *name, int *value, ngx_http_sandbox_failure_t *failure);
static ngx_int_t ngx_http_sandbox_options_parse_map(cJSON *json,
    const char *name, char **text, size_t max,
    ngx_http_sandbox_failure_t *failure);
static ngx_uint_t ngx_http_sandbox_options_parse_name(const char *name,
    ngx_uint_t env);


ngx_int_t
ngx_http_sandbox_options_parse(cJSON *json, sandbox_spec_t *spec,
    ngx_http_sandbox_failure_t *failure)
{
    if (ngx_http_sandbox_options_parse_time(json, "sleepAfter",
                                            &spec->sleep_after_ms, failure)
        != NGX_OK

        || ngx_http_sandbox_options_parse_time(json, "maxAge",
                                               &spec->max_age_ms, failure)
           != NGX_OK
        || ngx_http_sandbox_options_parse_flag(json, "keepAlive",
                                               &spec->keep_alive, failure)
           != NGX_OK
        || ngx_http_sandbox_options_parse_map(json, "env", &spec->env,
                                              NGX_HTTP_SANDBOX_ENV_MAX, failure)
           != NGX_OK
        || ngx_http_sandbox_options_parse_map(json, "labels", &spec->labels,
                                              NGX_HTTP_SANDBOX_LABELS_MAX,
                                              failure)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* seconds, or a string with a unit; null restores the value of the class */

static ngx_int_t
ngx_http_sandbox_options_parse_time(cJSON *json, const char *name, int64_t *ms,
    ngx_http_sandbox_failure_t *failure)
{
    cJSON    *item;
    int64_t   n;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, name) : NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    if (cJSON_IsNull(item)) {
        *ms = -1;
        return NGX_OK;
    }

    n = sandbox_time_duration(item);

    if (n == -1) {
        ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "\"%s\" must be a number of seconds or a "
                                   "string such as \"30s\", \"5m\", \"1h\" or "
                                   "\"2d\", from 1 second to 366 days, or "
                                   "null for the value of the class.",
                                   name);
        return NGX_DECLINED;
    }

    *ms = n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_options_parse_flag(cJSON *json, const char *name, int *value,
    ngx_http_sandbox_failure_t *failure)
{
    cJSON  *item;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, name) : NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    if (cJSON_IsNull(item)) {
        *value = -1;
        return NGX_OK;
    }

    if (!cJSON_IsBool(item)) {
        ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "\"%s\" must be true, false or null.", name);
        return NGX_DECLINED;
    }

    *value = cJSON_IsTrue(item) ? 1 : 0;

    return NGX_OK;
}


/*
 * members are merged, null removes a member; null instead of the object
 * removes all
 */

static ngx_int_t
ngx_http_sandbox_options_parse_map(cJSON *json, const char *name, char **text,
    size_t max, ngx_http_sandbox_failure_t *failure)
{
    char        *merged;
    cJSON       *item, *member, *map, *copy;
    ngx_uint_t   env;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, name) : NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    if (cJSON_IsNull(item)) {
        free(*text);
        *text = NULL;
        return NGX_OK;
    }

    env = (name[0] == 'e');
    map = NULL;

    if (!cJSON_IsObject(item)) {
        goto invalid;
    }

    map = *text ? cJSON_Parse(*text) : cJSON_CreateObject();

    cJSON_ArrayForEach(member, item) {

        if (!ngx_http_sandbox_options_parse_name(member->string, env)
            || (!cJSON_IsString(member) && !cJSON_IsNull(member)))
        {
            goto invalid;
        }

        cJSON_DeleteItemFromObjectCaseSensitive(map, member->string);

        if (cJSON_IsString(member)) {
            copy = cJSON_CreateString(member->valuestring);

            if (copy == NULL
                || !cJSON_AddItemToObject(map, member->string, copy))
            {
                cJSON_Delete(copy);
                goto nomem;
            }
        }
    }

    merged = map ? cJSON_PrintUnformatted(map) : NULL;

    if (merged == NULL) {
        goto nomem;
    }

    if (ngx_strlen(merged) > max) {
        cJSON_free(merged);
        cJSON_Delete(map);

        ngx_http_sandbox_error_set(failure, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                   "payload_too_large",
                                   "\"%s\" is too large: it may have at most "
                                   "%uz bytes as JSON.", name, max);
        return NGX_DECLINED;
    }

    cJSON_Delete(map);

    free(*text);
    *text = merged;

    return NGX_OK;

invalid:

    cJSON_Delete(map);

    ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST, "invalid_request",
                               env ? "\"env\" must be an object: names "
                                     "consist of A-Z, a-z, 0-9 and \"_\" and "
                                     "do not begin with a digit; values are "
                                     "strings, or null to remove a variable."

                               : "\"labels\" must be an object: names are 1 "
                                 "to 64 of A-Z, a-z, 0-9, \".\", \"_\", \"-\" "
                                 "and \"/\"; values are strings, or null to "
                                 "remove a label.");
    return NGX_DECLINED;

nomem:

    cJSON_Delete(map);

    ngx_http_sandbox_error_set(failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                               "INTERNAL_ERROR", "nginx is out of memory.");
    return NGX_DECLINED;
}


static ngx_uint_t
ngx_http_sandbox_options_parse_name(const char *name, ngx_uint_t env)
{
    size_t  len;

    len = ngx_strlen(name);

    if (!env) {
        return sandbox_name_chars(name, len, 1, 64, "._-/");
    }

    return (*name < '0' || *name > '9')
           && sandbox_name_chars(name, len, 1, 256, "_");
}
