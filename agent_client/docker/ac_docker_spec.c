
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "docker/ac_docker_json.h"


static int ac_docker_json_spec_top(cJSON *top,
    const ac_container_spec_t *spec);
static int ac_docker_json_spec_host(cJSON *host,
    const ac_container_spec_t *spec);
static int ac_docker_json_spec_mounts(cJSON *host,
    const ac_container_spec_t *spec);
static int ac_docker_json_strings(cJSON *object, const char *name,
    const char **strings);
static int ac_docker_json_number(cJSON *object, const char *name,
    int64_t value);
static char *ac_docker_json_text(cJSON *value);


char *
ac_docker_json_spec(const ac_container_spec_t *spec)
{
    cJSON  *top, *host;

    top = cJSON_CreateObject();
    if (top == NULL) {
        return NULL;
    }

    host = cJSON_AddObjectToObject(top, "HostConfig");

    if (host == NULL
        || ac_docker_json_spec_top(top, spec) == -1
        || ac_docker_json_spec_host(host, spec) == -1
        || ac_docker_json_spec_mounts(host, spec) == -1)
    {
        cJSON_Delete(top);
        return NULL;
    }

    return ac_docker_json_text(top);
}


static int
ac_docker_json_spec_top(cJSON *top, const ac_container_spec_t *spec)
{
    size_t   i;
    cJSON   *object;

    static const char  *none[] = { "NONE", NULL };
    static const char  *empty[] = { NULL };

    static const char  *no[] = {
        "Tty", "OpenStdin", "StdinOnce", "AttachStdin", "AttachStdout",
        "AttachStderr", NULL
    };

    if (cJSON_AddStringToObject(top, "Image", spec->image) == NULL
        || ac_docker_json_strings(top, "Cmd", empty) == -1)
    {
        return -1;
    }

    if (spec->entrypoint
        && ac_docker_json_strings(top, "Entrypoint", spec->entrypoint) == -1)
    {
        return -1;
    }

    if (spec->user
        && cJSON_AddStringToObject(top, "User", spec->user) == NULL)
    {
        return -1;
    }

    if (spec->hostname
        && cJSON_AddStringToObject(top, "Hostname", spec->hostname) == NULL)
    {
        return -1;
    }

    for (i = 0; no[i]; i++) {
        if (cJSON_AddFalseToObject(top, no[i]) == NULL) {
            return -1;
        }
    }

    object = cJSON_AddObjectToObject(top, "Labels");
    if (object == NULL) {
        return -1;
    }

    for (i = 0; i < spec->nlabels; i++) {
        if (cJSON_AddStringToObject(object, spec->labels[i].key,
                                    spec->labels[i].value)
            == NULL)
        {
            return -1;
        }
    }

    /* an image's own check would run before the agent has its sockets */

    object = cJSON_AddObjectToObject(top, "Healthcheck");

    return object ? ac_docker_json_strings(object, "Test", none) : -1;
}


static int
ac_docker_json_spec_host(cJSON *host, const ac_container_spec_t *spec)
{
    cJSON  *object;

    static const char  *all[] = { "ALL", NULL };
    static const char  *empty[] = { NULL };
    static const char  *security[] = { "no-new-privileges", NULL };

    if (cJSON_AddStringToObject(host, "NetworkMode",
                                spec->network ? spec->network : "none")
        == NULL)
    {
        return -1;
    }

    /* swap equal to memory: none */

    if ((spec->memory
         && (ac_docker_json_number(host, "Memory", spec->memory) == -1
             || ac_docker_json_number(host, "MemorySwap", spec->memory)
                == -1))
        || (spec->nano_cpus
            && ac_docker_json_number(host, "NanoCpus", spec->nano_cpus)
               == -1)
        || (spec->pids
            && ac_docker_json_number(host, "PidsLimit", spec->pids) == -1))
    {
        return -1;
    }

    if (ac_docker_json_strings(host, "CapDrop", all) == -1
        || ac_docker_json_strings(host, "CapAdd",
                                  spec->cap_add ? spec->cap_add : empty)
           == -1
        || ac_docker_json_strings(host, "SecurityOpt", security) == -1
        || cJSON_AddFalseToObject(host, "Init") == NULL)
    {
        return -1;
    }

    object = cJSON_AddObjectToObject(host, "RestartPolicy");

    if (object == NULL
        || cJSON_AddStringToObject(object, "Name", "no") == NULL)
    {
        return -1;
    }

    object = cJSON_AddObjectToObject(host, "LogConfig");

    if (object == NULL
        || cJSON_AddStringToObject(object, "Type", "json-file") == NULL)
    {
        return -1;
    }

    object = cJSON_AddObjectToObject(object, "Config");

    if (object == NULL
        || cJSON_AddStringToObject(object, "max-size", "1m") == NULL
        || cJSON_AddStringToObject(object, "max-file", "1") == NULL)
    {
        return -1;
    }

    if (spec->loopback6) {

        /* the engine switches IPv6 off where a network has none of it */

        object = cJSON_AddObjectToObject(host, "Sysctls");

        if (object == NULL
            || cJSON_AddStringToObject(object,
                                       "net.ipv6.conf.lo.disable_ipv6", "0")
               == NULL)
        {
            return -1;
        }
    }

    if (spec->disk) {
        object = cJSON_AddObjectToObject(host, "StorageOpt");

        if (object == NULL
            || cJSON_AddStringToObject(object, "size", spec->disk) == NULL)
        {
            return -1;
        }
    }

    return 0;
}


static int
ac_docker_json_spec_mounts(cJSON *host, const ac_container_spec_t *spec)
{
    cJSON   *array, *item;
    size_t   i;

    array = cJSON_AddArrayToObject(host, "Mounts");
    if (array == NULL) {
        return -1;
    }

    for (i = 0; i < spec->nmounts; i++) {
        item = cJSON_CreateObject();
        if (item == NULL) {
            return -1;
        }

        (void) cJSON_AddItemToArray(array, item);

        if (cJSON_AddStringToObject(item, "Type", "bind") == NULL
            || cJSON_AddStringToObject(item, "Source",
                                       spec->mounts[i].source)
               == NULL
            || cJSON_AddStringToObject(item, "Target",
                                       spec->mounts[i].target)
               == NULL
            || cJSON_AddBoolToObject(item, "ReadOnly",
                                     spec->mounts[i].read_only ? 1 : 0)
               == NULL)
        {
            return -1;
        }
    }

    return 0;
}


char *
ac_docker_json_filters(const char *instance, int events)
{
    int           n;
    char         *pair;
    cJSON        *top;
    const char   *list[2];

    static const char  *type[] = { "container", NULL };

    n = (int) strlen(instance) + (int) sizeof(AC_LABEL_INSTANCE) + 1;

    top = cJSON_CreateObject();
    pair = malloc((size_t) n);

    if (top == NULL || pair == NULL) {
        goto failed;
    }

    (void) snprintf(pair, (size_t) n, "%s=%s", AC_LABEL_INSTANCE, instance);

    list[0] = pair;
    list[1] = NULL;

    if (ac_docker_json_strings(top, "label", list) == -1
        || (events && ac_docker_json_strings(top, "type", type) == -1))
    {
        goto failed;
    }

    free(pair);

    return ac_docker_json_text(top);

failed:

    free(pair);
    cJSON_Delete(top);

    return NULL;
}


static int
ac_docker_json_strings(cJSON *object, const char *name, const char **strings)
{
    cJSON  *array, *item;

    array = cJSON_AddArrayToObject(object, name);
    if (array == NULL) {
        return -1;
    }

    while (*strings) {
        item = cJSON_CreateString(*strings++);
        if (item == NULL) {
            return -1;
        }

        (void) cJSON_AddItemToArray(array, item);
    }

    return 0;
}


/* a double would not hold each int64_t, nor print it without an exponent */

static int
ac_docker_json_number(cJSON *object, const char *name, int64_t value)
{
    char  buf[24];

    (void) snprintf(buf, sizeof(buf), "%lld", (long long) value);

    return cJSON_AddRawToObject(object, name, buf) == NULL ? -1 : 0;
}


static char *
ac_docker_json_text(cJSON *value)
{
    char  *text, *copy;

    text = cJSON_PrintUnformatted(value);
    cJSON_Delete(value);

    if (text == NULL) {
        return NULL;
    }

    copy = strdup(text);
    cJSON_free(text);

    return copy;
}
