
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_options.h"
#include "lib/sandbox_time.h"


/* the options must fit into one packet to the agent */
#define SANDBOX_OPTIONS_ENV_MAX     32768
#define SANDBOX_OPTIONS_LABELS_MAX  8192


static int sandbox_options_time(const cJSON *json, const char *name,
    int64_t *ms, char *error);
static int sandbox_options_flag(const cJSON *json, const char *name,
    int *value, char *error);
static int sandbox_options_map(const cJSON *json, const char *name,
    char **text, size_t max, int env, char *error);
static int sandbox_options_map_merge(cJSON *map, const cJSON *members,
    int env);
static int sandbox_options_name_valid(const char *name, int env);
static int sandbox_options_fail(char *error, int err, const char *text);


int
sandbox_options_merge(const cJSON *json, sandbox_spec_t *spec,
    char error[SANDBOX_OPTIONS_ERROR_MAX])
{
    if (sandbox_options_time(json, "sleepAfter", &spec->sleep_after_ms, error)
        || sandbox_options_time(json, "maxAge", &spec->max_age_ms, error)
        || sandbox_options_flag(json, "keepAlive", &spec->keep_alive, error)
        || sandbox_options_map(json, "env", &spec->env,
                               SANDBOX_OPTIONS_ENV_MAX, 1, error)
        || sandbox_options_map(json, "labels", &spec->labels,
                               SANDBOX_OPTIONS_LABELS_MAX, 0, error))
    {
        return -1;
    }

    return 0;
}


/* seconds, or a string with a unit; null restores the value of the class */

static int
sandbox_options_time(const cJSON *json, const char *name, int64_t *ms,
    char *error)
{
    cJSON    *item;
    int64_t   n;

    item = cJSON_GetObjectItemCaseSensitive(json, name);

    if (item == NULL) {
        return 0;
    }

    if (cJSON_IsNull(item)) {
        *ms = -1;
        return 0;
    }

    n = sandbox_time_duration(item);

    if (n == -1) {
        (void) snprintf(error, SANDBOX_OPTIONS_ERROR_MAX,
                        "\"%s\" must be a number of seconds or a string such "
                        "as \"30s\", \"5m\", \"1h\" or \"2d\", from 1 second "
                        "to 366 days, or null for the value of the class.",
                        name);
        errno = EINVAL;
        return -1;
    }

    *ms = n;

    return 0;
}


static int
sandbox_options_flag(const cJSON *json, const char *name, int *value,
    char *error)
{
    cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(json, name);

    if (item == NULL) {
        return 0;
    }

    if (cJSON_IsNull(item)) {
        *value = -1;
        return 0;
    }

    if (!cJSON_IsBool(item)) {
        (void) snprintf(error, SANDBOX_OPTIONS_ERROR_MAX,
                        "\"%s\" must be true, false or null.", name);
        errno = EINVAL;
        return -1;
    }

    *value = cJSON_IsTrue(item) ? 1 : 0;

    return 0;
}


/*
 * members are merged, null removes a member; null instead of the object
 * removes all
 */

static int
sandbox_options_map(const cJSON *json, const char *name, char **text,
    size_t max, int env, char *error)
{
    int     rc;
    char   *merged;
    cJSON  *item, *map;

    item = cJSON_GetObjectItemCaseSensitive(json, name);

    if (item == NULL) {
        return 0;
    }

    if (cJSON_IsNull(item)) {
        free(*text);
        *text = NULL;
        return 0;
    }

    map = *text ? cJSON_Parse(*text) : cJSON_CreateObject();

    rc = map ? sandbox_options_map_merge(map, item, env) : ENOMEM;

    merged = (rc == 0) ? cJSON_PrintUnformatted(map) : NULL;

    cJSON_Delete(map);

    if (rc == EINVAL) {
        return sandbox_options_fail(error, EINVAL, env
                               ? "\"env\" must be an object: names consist of "
                                 "A-Z, a-z, 0-9 and \"_\" and do not begin "
                                 "with a digit; values are strings, or null "
                                 "to remove a variable."

                               : "\"labels\" must be an object: names are 1 "
                                 "to 64 of A-Z, a-z, 0-9, \".\", \"_\", \"-\" "
                                 "and \"/\"; values are strings, or null to "
                                 "remove a label.");
    }

    if (merged == NULL) {
        return sandbox_options_fail(error, ENOMEM, "nginx is out of memory.");
    }

    if (strlen(merged) > max) {
        cJSON_free(merged);

        (void) snprintf(error, SANDBOX_OPTIONS_ERROR_MAX,
                        "\"%s\" is too large: it may have at most %zu bytes "
                        "as JSON.", name, max);
        errno = EFBIG;
        return -1;
    }

    free(*text);
    *text = merged;

    return 0;
}


/* 0, or EINVAL or ENOMEM */

static int
sandbox_options_map_merge(cJSON *map, const cJSON *members, int env)
{
    cJSON  *member, *copy;

    if (!cJSON_IsObject(members)) {
        return EINVAL;
    }

    cJSON_ArrayForEach(member, members) {

        if (!sandbox_options_name_valid(member->string, env)
            || (!cJSON_IsString(member) && !cJSON_IsNull(member)))
        {
            return EINVAL;
        }

        cJSON_DeleteItemFromObjectCaseSensitive(map, member->string);

        if (cJSON_IsString(member)) {
            copy = cJSON_CreateString(member->valuestring);

            if (copy == NULL
                || !cJSON_AddItemToObject(map, member->string, copy))
            {
                cJSON_Delete(copy);
                return ENOMEM;
            }
        }
    }

    return 0;
}


static int
sandbox_options_name_valid(const char *name, int env)
{
    size_t  len;

    len = strlen(name);

    if (!env) {
        return sandbox_name_chars(name, len, 1, 64, "._-/");
    }

    return (*name < '0' || *name > '9')
           && sandbox_name_chars(name, len, 1, 256, "_");
}


static int
sandbox_options_fail(char *error, int err, const char *text)
{
    (void) snprintf(error, SANDBOX_OPTIONS_ERROR_MAX, "%s", text);

    errno = err;

    return -1;
}
