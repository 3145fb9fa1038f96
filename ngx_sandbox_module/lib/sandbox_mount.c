
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>
#include <string.h>

#include "lib/sandbox_body.h"
#include "lib/sandbox_mount.h"


#define SANDBOX_MOUNT_PATH_MAX  4096


typedef struct {
    const char    *name;
    cJSON_bool   (*is)(const cJSON *item);
    const char    *error;
} sandbox_mount_option_t;


static const char *sandbox_mount_check_types(const cJSON *json,
    const sandbox_mount_option_t *option);
static cJSON_bool sandbox_mount_is_strings(const cJSON *item);


static const sandbox_mount_option_t  sandbox_mount_options[] = {
    { "endpoint", cJSON_IsString, "\"endpoint\" must be a string." },
    { "readOnly", cJSON_IsBool, "\"readOnly\" must be true or false." },
    { "prefix", cJSON_IsString, "\"prefix\" must be a string." },
    { "s3fsOptions", sandbox_mount_is_strings,
      "\"s3fsOptions\" must be a list of strings." },
    { "credentialProxy", cJSON_IsBool,
      "\"credentialProxy\" must be true or false." },
    { "credentials", cJSON_IsObject, "\"credentials\" must be an object." },
    { NULL, NULL, NULL }
};


static const sandbox_mount_option_t  sandbox_mount_credentials[] = {
    { "accessKeyId", cJSON_IsString, "\"accessKeyId\" must be a string." },
    { "secretAccessKey", cJSON_IsString,
      "\"secretAccessKey\" must be a string." },
    { NULL, NULL, NULL }
};


const char *
sandbox_mount_check(const cJSON *json)
{
    cJSON       *options, *endpoint, *name;
    const char  *error;

    error = sandbox_mount_check_path(json);

    if (error) {
        return error;
    }

    options = cJSON_GetObjectItemCaseSensitive(json, "options");

    if (options && !cJSON_IsObject(options)) {
        return "\"options\" must be an object.";
    }

    error = sandbox_mount_check_types(options, sandbox_mount_options);

    if (error == NULL) {
        error = sandbox_mount_check_types(
                     cJSON_GetObjectItemCaseSensitive(options, "credentials"),
                     sandbox_mount_credentials);
    }

    if (error) {
        return error;
    }

    endpoint = cJSON_GetObjectItemCaseSensitive(options, "endpoint");
    name = cJSON_GetObjectItemCaseSensitive(json,
                                            endpoint ? "bucket" : "binding");

    if (!cJSON_IsString(name) || name->valuestring[0] == '\0') {
        return endpoint ? "\"bucket\" must name what to mount."
                        : "\"binding\" must name what to mount.";
    }

    if (endpoint && cJSON_GetObjectItemCaseSensitive(json, "binding")) {
        return "\"endpoint\" and \"binding\" exclude each other.";
    }

    return NULL;
}


const char *
sandbox_mount_check_path(const cJSON *json)
{
    const char  *path;

    if (sandbox_body_string(json, "mountPath", SANDBOX_MOUNT_PATH_MAX, &path)
        == 0
        && path && path[0] == '/' && path[strspn(path, "/")] != '\0')
    {
        return NULL;
    }

    return "\"mountPath\" must be the absolute path of a directory other than "
           "\"/\".";
}


/* json may be NULL */

static const char *
sandbox_mount_check_types(const cJSON *json,
    const sandbox_mount_option_t *option)
{
    cJSON  *item;

    for ( /* void */ ; option->name; option++) {
        item = cJSON_GetObjectItemCaseSensitive(json, option->name);

        if (item && !option->is(item)) {
            return option->error;
        }
    }

    return NULL;
}


static cJSON_bool
sandbox_mount_is_strings(const cJSON *item)
{
    const cJSON  *entry;

    if (!cJSON_IsArray(item)) {
        return 0;
    }

    cJSON_ArrayForEach(entry, item) {

        if (!cJSON_IsString(entry)) {
            return 0;
        }
    }

    return 1;
}
