
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_grammar.h"
#include "lib/sandbox_policy_headers.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_json_body.h"
#include "api/ngx_http_sandbox_options_parse.h"
#include "api/ngx_http_sandbox_policy_parse.h"

#include <time.h>


/*
 * Parses policies of exposed ports in API requests: a body is merged into the
 * existing policy, and null resets a member to the default of the location.
 */


static ngx_int_t ngx_http_sandbox_policy_parse_name(cJSON *json,
    sandbox_policy_t *policy, ngx_http_sandbox_failure_t *failure);
static int64_t ngx_http_sandbox_policy_parse_iso(const char *text);
static ngx_int_t ngx_http_sandbox_policy_parse_word(cJSON *json,
    const char *name, const char *const *words, int *value,
    ngx_http_sandbox_failure_t *failure);
static ngx_int_t ngx_http_sandbox_policy_parse_key(cJSON *json,
    sandbox_policy_t *policy, ngx_http_sandbox_failure_t *failure);
static ngx_int_t ngx_http_sandbox_policy_parse_cors(cJSON *json,
    sandbox_policy_t *policy, ngx_http_sandbox_failure_t *failure);
static ngx_int_t ngx_http_sandbox_policy_parse_strip(cJSON *json,
    sandbox_policy_t *policy, ngx_http_sandbox_failure_t *failure);
static ngx_int_t ngx_http_sandbox_policy_parse_limits(cJSON *json,
    sandbox_policy_t *policy, ngx_http_sandbox_failure_t *failure);
static ngx_int_t ngx_http_sandbox_policy_parse_headers(cJSON *json,
    const char *name, sandbox_headers_t *headers, ngx_uint_t response,
    ngx_http_sandbox_failure_t *failure);
static ngx_int_t ngx_http_sandbox_policy_parse_flag(cJSON *json, int *wake);


ngx_int_t
ngx_http_sandbox_policy_parse(cJSON *json, sandbox_policy_t *policy,
    ngx_http_sandbox_failure_t *failure)
{
    if (ngx_http_sandbox_policy_parse_token(json, policy->token, failure)
        != NGX_OK
        || ngx_http_sandbox_policy_parse_name(json, policy, failure) != NGX_OK

        || ngx_http_sandbox_policy_parse_time(json, &policy->expires_ms,
                                              failure)
           != NGX_OK
        || ngx_http_sandbox_policy_parse_word(json, "access",
                                              sandbox_policy_access_words,
                                              &policy->access, failure)
           != NGX_OK
        || ngx_http_sandbox_policy_parse_key(json, policy, failure) != NGX_OK
        || ngx_http_sandbox_policy_parse_word(json, "host",
                                              sandbox_policy_host_words,
                                              &policy->app_host, failure)
           != NGX_OK
        || ngx_http_sandbox_policy_parse_cors(json, policy, failure) != NGX_OK
        || ngx_http_sandbox_policy_parse_word(json, "cookies",
                                              sandbox_policy_cookies_words,
                                              &policy->cookies, failure)
           != NGX_OK
        || ngx_http_sandbox_policy_parse_strip(json, policy, failure) != NGX_OK
        || ngx_http_sandbox_policy_parse_limits(json, policy, failure) != NGX_OK
        || ngx_http_sandbox_policy_parse_headers(json, "requestHeaders",
                                                 &policy->request, 0, failure)
           != NGX_OK
        || ngx_http_sandbox_policy_parse_headers(json, "responseHeaders",
                                                 &policy->response, 1, failure)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_http_sandbox_policy_parse_wake(json, policy, failure);
}


ngx_int_t
ngx_http_sandbox_policy_parse_token(cJSON *json,
    char token[SANDBOX_TOKEN_MAX + 1], ngx_http_sandbox_failure_t *failure)
{
    size_t  len;
    cJSON  *item;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, "token") : NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    len = cJSON_IsString(item) ? ngx_strlen(item->valuestring) : 0;

    if (!cJSON_IsNull(item)
        && !(len && sandbox_name_token_valid(item->valuestring, len)))
    {
        ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "\"token\" must be a string of 1 to %d of "
                                   "the characters a-z, 0-9 and \"_\". Omit "
                                   "it to have one generated.",
                                   SANDBOX_TOKEN_MAX);
        return NGX_DECLINED;
    }

    ngx_memzero(token, SANDBOX_TOKEN_MAX + 1);

    if (len) {
        ngx_memcpy(token, item->valuestring, len);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_policy_parse_name(cJSON *json, sandbox_policy_t *policy,
    ngx_http_sandbox_failure_t *failure)
{
    const char  *name;

    if (ngx_http_sandbox_json_body_string(json, "name", SANDBOX_NAME_MAX, &name)
        != NGX_OK)
    {
        ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "\"name\" must be a string of at most %d "
                                   "bytes without control characters.",
                                   SANDBOX_NAME_MAX);
        return NGX_DECLINED;
    }

    if (json && cJSON_GetObjectItemCaseSensitive(json, "name")) {
        ngx_memzero(policy->name, sizeof(policy->name));
        ngx_memcpy(policy->name, name ? name : "",
                   name ? ngx_strlen(name) : 0);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_sandbox_policy_parse_time(cJSON *json, int64_t *ms,
    ngx_http_sandbox_failure_t *failure)
{
    cJSON    *item;
    int64_t   n, now;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, "expires") : NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    if (cJSON_IsNull(item)) {
        *ms = 0;
        return NGX_OK;
    }

    now = ngx_http_sandbox_clock_now();
    n = ngx_http_sandbox_options_parse_duration(item);

    if (n > 0) {
        *ms = now + n;
        return NGX_OK;
    }

    n = cJSON_IsString(item)
        ? ngx_http_sandbox_policy_parse_iso(item->valuestring)
                             : -1;

    if (n > now) {
        *ms = n;
        return NGX_OK;
    }

    ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST, "invalid_request",
                               "\"expires\" must be an ISO 8601 time in the "
                               "future such as \"2030-01-31T12:00:00Z\", a "
                               "duration of at most 366 days in seconds or as "
                               "a string such as \"30m\", \"8h\" or \"7d\", "
                               "or null for never.");

    return NGX_DECLINED;
}


/*
 * ms since the epoch, or -1; requires seconds and a zone, optionally a
 * fraction
 */

static int64_t
ngx_http_sandbox_policy_parse_iso(const char *text)
{
    int         n, hours, minutes;
    char        sign;
    int64_t     ms, fraction, scale;
    struct tm   tm;

    ngx_memzero(&tm, sizeof(struct tm));
    n = 0;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon,
               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &n)
        != 6
        || n != 19
        || strspn(text, "0123456789-T:") < 19
        || tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12
        || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23
        || tm.tm_min > 59 || tm.tm_sec > 60)
    {
        return -1;
    }

    tm.tm_year -= 1900;
    tm.tm_mon--;

    text += n;
    fraction = 0;

    if (*text == '.') {
        text++;

        if (*text < '0' || *text > '9') {
            return -1;
        }

        for (scale = 100; *text >= '0' && *text <= '9'; text++) {
            fraction += (*text - '0') * scale;
            scale /= 10;
        }
    }

    ms = (int64_t) timegm(&tm) * 1000 + fraction;

    if (ngx_strcmp(text, "Z") == 0) {
        return ms;
    }

    if (ngx_strlen(text) != 6 || strspn(text + 1, "0123456789:") != 5
        || sscanf(text, "%c%2d:%2d", &sign, &hours, &minutes) != 3
        || (sign != '+' && sign != '-') || text[3] != ':' || hours > 14
        || minutes > 59)
    {
        return -1;
    }

    n = (hours * 60 + minutes) * 60000;

    return sign == '+' ? ms - n : ms + n;
}


static ngx_int_t
ngx_http_sandbox_policy_parse_word(cJSON *json, const char *name,
    const char *const *words, int *value,
    ngx_http_sandbox_failure_t *failure)
{
    int          n;
    u_char      *p, list[64];
    cJSON       *item;
    ngx_uint_t   i;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, name) : NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    if (cJSON_IsNull(item)) {
        *value = 0;
        return NGX_OK;
    }

    n = cJSON_IsString(item) ? sandbox_policy_word(words,
                                                   item->valuestring) : 0;

    if (n) {
        *value = n;
        return NGX_OK;
    }

    p = list;

    for (i = 1; words[i]; i++) {
        p = ngx_slprintf(p, list + sizeof(list) - 1, "\"%s\", ", words[i]);
    }

    *p = '\0';

    ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST, "invalid_request",
                               "\"%s\" must be one of %sor null for the "
                               "default of the location.", name, list);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_sandbox_policy_parse_key(cJSON *json, sandbox_policy_t *policy,
    ngx_http_sandbox_failure_t *failure)
{
    cJSON  *item;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, "key") : NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    if (cJSON_IsNull(item)) {
        ngx_memzero(policy->key, sizeof(policy->key));
        return NGX_OK;
    }

    if (cJSON_IsString(item)
        && sandbox_policy_grammar_key(item->valuestring,
                                      ngx_strlen(item->valuestring)))
    {
        ngx_memzero(policy->key, sizeof(policy->key));
        ngx_memcpy(policy->key, item->valuestring,
                   ngx_strlen(item->valuestring));
        return NGX_OK;
    }

    ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST, "invalid_request",
                               "\"key\" must be a string of %d to %d of the "
                               "characters A-Z, a-z, 0-9, \"-\" and \"_\". "
                               "Omit it, or send null, to have one generated "
                               "if needed.",
                               SANDBOX_KEY_MIN, SANDBOX_KEY_MAX);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_sandbox_policy_parse_cors(cJSON *json, sandbox_policy_t *policy,
    ngx_http_sandbox_failure_t *failure)
{
    int     n;
    char    origins[SANDBOX_ORIGINS_SIZE];
    cJSON  *item, *member;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, "cors") : NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    ngx_memzero(origins, sizeof(origins));
    n = 0;

    if (cJSON_IsString(item)) {
        n = sandbox_policy_word(sandbox_policy_cors_words, item->valuestring);

        if (n == 0 || n == SANDBOX_CORS_LIST) {
            goto invalid;
        }

    } else if (cJSON_IsArray(item)) {

        n = SANDBOX_CORS_LIST;

        cJSON_ArrayForEach(member, item) {

            if (!cJSON_IsString(member)
                || sandbox_policy_origin_add(origins, member->valuestring)
                == -1)
            {
                goto invalid;
            }
        }

        if (origins[0] == '\0') {
            goto invalid;
        }

    } else if (!cJSON_IsNull(item)) {
        goto invalid;
    }

    policy->cors = n;
    ngx_memcpy(policy->origins, origins, sizeof(origins));

    return NGX_OK;

invalid:

    ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST, "invalid_request",
                               "\"cors\" must be \"app\", \"off\", "
                               "\"reflect\", a list of lower-case origins "
                               "such as [\"https://app.example.com\"] of at "
                               "most %d bytes in total, or null for the "
                               "default of the location.",
                               SANDBOX_ORIGINS_SIZE - 1);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_sandbox_policy_parse_strip(cJSON *json, sandbox_policy_t *policy,
    ngx_http_sandbox_failure_t *failure)
{
    cJSON       *item, *member;
    ngx_uint_t   strip;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, "strip") : NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    if (cJSON_IsNull(item)) {
        policy->strip = 0;
        return NGX_OK;
    }

    if (!cJSON_IsArray(item)) {
        goto invalid;
    }

    strip = SANDBOX_STRIP_GIVEN;

    cJSON_ArrayForEach(member, item) {

        if (!cJSON_IsString(member)) {
            goto invalid;
        }

        if (ngx_strcmp(member->valuestring, "authorization") == 0) {
            strip |= SANDBOX_STRIP_AUTHORIZATION;

        } else if (ngx_strcmp(member->valuestring, "cookie") == 0) {
            strip |= SANDBOX_STRIP_COOKIE;

        } else {
            goto invalid;
        }
    }

    policy->strip = strip;

    return NGX_OK;

invalid:

    ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST, "invalid_request",
                               "\"strip\" must be a list of \"authorization\" "
                               "and \"cookie\", which may be empty, or null "
                               "for the default of the location.");

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_sandbox_policy_parse_limits(cJSON *json, sandbox_policy_t *policy,
    ngx_http_sandbox_failure_t *failure)
{
    cJSON       *map, *item;
    ngx_uint_t   i;

    const struct {
        const char  *name;
        int64_t      max;
        int64_t     *value;
    } limits[] = {
        { "connections", SANDBOX_CONNECTIONS_MAX, &policy->connections },
        { "rate", SANDBOX_RATE_MAX, &policy->rate },
        { "body", SANDBOX_BODY_MAX, &policy->body }
    };

    map = json ? cJSON_GetObjectItemCaseSensitive(json, "limits") : NULL;

    if (map == NULL) {
        return NGX_OK;
    }

    if (!cJSON_IsNull(map) && !cJSON_IsObject(map)) {
        goto invalid;
    }

    cJSON_ArrayForEach(item, map) {

        for (i = 0; i < 3; i++) {
            if (ngx_strcmp(item->string, limits[i].name) == 0) {
                break;
            }
        }

        if (i == 3
            || (!cJSON_IsNull(item)
                && (!cJSON_IsNumber(item) || !(item->valuedouble >= 1)
                    || !(item->valuedouble <= (double) limits[i].max)
                    || item->valuedouble
                       != (double) (int64_t) item->valuedouble)))
        {
            goto invalid;
        }

        *limits[i].value = cJSON_IsNull(item) ? 0
                                              : (int64_t) item->valuedouble;
    }

    if (cJSON_IsNull(map)) {
        policy->connections = 0;
        policy->rate = 0;
        policy->body = 0;
    }

    return NGX_OK;

invalid:

    ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST, "invalid_request",
                               "\"limits\" must be an object with "
                               "\"connections\" (1 to %d at a time), \"rate\" "
                               "(1 to %d requests per second) and \"body\" (1 "
                               "to %L bytes). It, or any of its members, may "
                               "be null for the default of the location.",
                               SANDBOX_CONNECTIONS_MAX, SANDBOX_RATE_MAX,
                               (int64_t) SANDBOX_BODY_MAX);

    return NGX_DECLINED;
}


/* a string sets a header, false removes it, null drops the rule */

static ngx_int_t
ngx_http_sandbox_policy_parse_headers(cJSON *json, const char *name,
    sandbox_headers_t *headers, ngx_uint_t response,
    ngx_http_sandbox_failure_t *failure)
{
    cJSON  *map, *item;

    map = json ? cJSON_GetObjectItemCaseSensitive(json, name) : NULL;

    if (map == NULL) {
        return NGX_OK;
    }

    if (cJSON_IsNull(map)) {
        ngx_memzero(headers, sizeof(sandbox_headers_t));
        return NGX_OK;
    }

    if (!cJSON_IsObject(map)) {
        goto invalid;
    }

    cJSON_ArrayForEach(item, map) {

        if (!sandbox_policy_grammar_header_name(item->string, response)) {
            goto invalid;
        }

        if (cJSON_IsNull(item)) {
            sandbox_policy_headers_unset(headers, item->string);
            continue;
        }

        if (!cJSON_IsFalse(item)
            && (!cJSON_IsString(item)
                || !sandbox_policy_grammar_header_value(item->valuestring)))
        {
            goto invalid;
        }

        if (sandbox_policy_headers_set(headers, item->string,
                                       cJSON_IsFalse(item) ? NULL
                                                           : item->valuestring)
            == -1)
        {
            ngx_http_sandbox_error_set(failure,
                                       NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                       "payload_too_large",
                                       "\"%s\" is too large: its names and "
                                       "values may have at most %d bytes in "
                                       "total.", name,
                                       SANDBOX_HEADERS_SIZE);
            return NGX_DECLINED;
        }
    }

    return NGX_OK;

invalid:

    ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST, "invalid_request",
                               "\"%s\" must be an object: names are 1 to %d "
                               "of A-Z, a-z, 0-9, \"-\" and \"_\", except "
                               "headers that frame or route a message or that "
                               "nginx sets itself; values are visible ASCII "
                               "strings that may contain inner spaces, false "
                               "to remove the header, or null to drop the "
                               "rule.", name, SANDBOX_HEADER_NAME_MAX);

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_sandbox_policy_parse_wake(cJSON *json, sandbox_policy_t *policy,
    ngx_http_sandbox_failure_t *failure)
{
    cJSON       *item;
    const char  *text;

    if (ngx_http_sandbox_policy_parse_flag(json, &policy->wake) != NGX_OK) {
        ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST,
                                   "invalid_request",
                                   "\"wake\" must be true, false or null.");
        return NGX_DECLINED;
    }

    item = json ? cJSON_GetObjectItemCaseSensitive(json, "command") : NULL;

    if (item) {
        text = cJSON_IsString(item) ? item->valuestring : "";

        if ((!cJSON_IsString(item) && !cJSON_IsNull(item))
            || ngx_strlen(text) > SANDBOX_COMMAND_MAX
            || (*text && !sandbox_policy_command_valid(text)))
        {
            ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST,
                                       "invalid_request",
                                       "\"command\" must be a shell command "
                                       "of at most %d bytes, or null for "
                                       "none.",
                                       SANDBOX_COMMAND_MAX);
            return NGX_DECLINED;
        }

        ngx_memzero(policy->command, sizeof(policy->command));
        (void) ngx_cpystrn((u_char *) policy->command,
                           (u_char *) text, sizeof(policy->command));
    }

    if (json && cJSON_GetObjectItemCaseSensitive(json, "cwd")) {

        if (ngx_http_sandbox_json_body_string(json, "cwd", SANDBOX_CWD_MAX,
                                              &text)
            != NGX_OK
            || (text && *text && !sandbox_policy_cwd_valid(text)))
        {
            ngx_http_sandbox_error_set(failure, NGX_HTTP_BAD_REQUEST,
                                       "invalid_request",
                                       "\"cwd\" must be an absolute path of "
                                       "at most %d bytes, or null for "
                                       "/workspace.",
                                       SANDBOX_CWD_MAX);
            return NGX_DECLINED;
        }

        ngx_memzero(policy->cwd, sizeof(policy->cwd));
        (void) ngx_cpystrn((u_char *) policy->cwd,
                           (u_char *) (text ? text : ""),
                           sizeof(policy->cwd));
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_policy_parse_flag(cJSON *json, int *wake)
{
    cJSON  *item;

    item = json ? cJSON_GetObjectItemCaseSensitive(json, "wake") : NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    if (cJSON_IsNull(item)) {
        *wake = 0;
        return NGX_OK;
    }

    if (!cJSON_IsBool(item)) {
        return NGX_DECLINED;
    }

    *wake = cJSON_IsTrue(item) ? SANDBOX_WAKE_ON : SANDBOX_WAKE_OFF;

    return NGX_OK;
}
