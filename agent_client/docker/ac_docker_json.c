
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

#include "ac_json.h"
#include "docker/ac_docker_json.h"
#include "ac_text.h"


static ac_error_e ac_docker_json_parse(const char *text, size_t len,
    cJSON **value);
static ac_error_e ac_docker_json_scan(const char *text, size_t len);
static ac_error_e ac_docker_json_summary(const cJSON *item,
    ac_container_t *container);


void
ac_docker_json_message(const char *text, size_t len, char *dst, size_t size)
{
    cJSON  *value;

    dst[0] = '\0';

    if (ac_docker_json_parse(text, len, &value) != AC_OK) {
        return;
    }

    (void) ac_docker_field_string(value, "message", dst, size);

    cJSON_Delete(value);
}


ac_error_e
ac_docker_json_created(const char *text, size_t len,
    ac_container_t *container)
{
    int          rc;
    cJSON       *value;
    ac_error_e   error;

    memset(container, 0, sizeof(ac_container_t));

    error = ac_docker_json_parse(text, len, &value);
    if (error) {
        return error;
    }

    rc = ac_docker_field_id(value, "Id", container->id, sizeof(container->id));

    cJSON_Delete(value);

    return rc == 1 ? AC_OK : AC_MALFORMED;
}


ac_error_e
ac_docker_json_inspected(const char *text, size_t len,
    ac_container_t *container)
{
    char          name[sizeof(container->name) + 1];
    cJSON        *value;
    int64_t       pid, code;
    ac_error_e    error;
    const char   *p;
    const cJSON  *state, *config;

    memset(container, 0, sizeof(ac_container_t));

    error = ac_docker_json_parse(text, len, &value);
    if (error) {
        return error;
    }

    error = AC_MALFORMED;
    name[0] = '\0';
    pid = 0;
    code = 0;

    if (ac_docker_field_id(value, "Id", container->id, sizeof(container->id))
           != 1
        || ac_docker_field_string(value, "Name", name, sizeof(name)) == -1
        || ac_docker_field_object(value, "State", &state) != 1
        || ac_docker_field_object(value, "Config", &config) == -1)
    {
        goto done;
    }

    if (ac_docker_field_string(state, "Status", container->state,
                              sizeof(container->state))
           != 1
        || ac_docker_field_integer(state, "Pid", 0, INT32_MAX, &pid) == -1
        || ac_docker_field_integer(state, "ExitCode", INT32_MIN, INT32_MAX,
                                  &code)
           == -1
        || ac_docker_field_bool(state, "OOMKilled", &container->oom_killed)
           == -1
        || ac_docker_field_bool(state, "Paused", &container->paused) == -1
        || ac_docker_field_time(state, "StartedAt", &container->started_ms)
           == -1
        || ac_docker_field_time(state, "FinishedAt", &container->finished_ms)
           == -1)
    {
        goto done;
    }

    if (config
        && (ac_docker_field_string(config, "Image", container->image,
                                  sizeof(container->image))
               == -1
            || ac_docker_field_labels(config, "Labels", container) == -1))
    {
        goto done;
    }

    p = name[0] == '/' ? name + 1 : name;

    ac_text_copy(container->name, sizeof(container->name), p, strlen(p));

    container->pid = (int) pid;
    container->exit_code = (int) code;

    error = AC_OK;

done:

    cJSON_Delete(value);

    return error;
}


ac_error_e
ac_docker_json_listed(const char *text, size_t len,
    ac_container_t **containers, size_t *n)
{
    int              count;
    cJSON           *value;
    ac_error_e       error;
    const cJSON     *item;
    ac_container_t  *list;

    *containers = NULL;
    *n = 0;

    error = ac_docker_json_parse(text, len, &value);
    if (error) {
        return error;
    }

    list = NULL;

    if (!cJSON_IsArray(value)) {
        error = AC_MALFORMED;
        goto failed;
    }

    count = cJSON_GetArraySize(value);

    if (count > AC_DOCKER_JSON_CONTAINERS) {
        error = AC_TOO_BIG;
        goto failed;
    }

    if (count) {
        list = calloc((size_t) count, sizeof(ac_container_t));
        if (list == NULL) {
            error = AC_NOMEM;
            goto failed;
        }
    }

    cJSON_ArrayForEach(item, value) {
        error = ac_docker_json_summary(item, &list[*n]);
        if (error) {
            goto failed;
        }

        (*n)++;
    }

    cJSON_Delete(value);

    *containers = list;

    return AC_OK;

failed:

    cJSON_Delete(value);
    free(list);
    *n = 0;

    return error;
}


static ac_error_e
ac_docker_json_summary(const cJSON *item, ac_container_t *container)
{
    const char   *p;
    const cJSON  *names, *name;

    if (ac_docker_field_id(item, "Id", container->id, sizeof(container->id))
           != 1
        || ac_docker_field_string(item, "State", container->state,
                                 sizeof(container->state))
           != 1
        || ac_docker_field_string(item, "Status", container->status,
                                 sizeof(container->status))
           == -1
        || ac_docker_field_string(item, "Image", container->image,
                                 sizeof(container->image))
           == -1
        || ac_docker_field_labels(item, "Labels", container) == -1)
    {
        return AC_MALFORMED;
    }

    names = cJSON_GetObjectItemCaseSensitive(item, "Names");

    if (names == NULL || cJSON_IsNull(names)) {
        return AC_OK;
    }

    if (!cJSON_IsArray(names)) {
        return AC_MALFORMED;
    }

    cJSON_ArrayForEach(name, names) {

        if (!cJSON_IsString(name)) {
            return AC_MALFORMED;
        }

        p = name->valuestring;

        if (*p == '/') {
            p++;
        }

        /* "/other/alias" is a link of another container to this one */

        if (container->name[0] == '\0' && strchr(p, '/') == NULL) {
            ac_text_copy(container->name, sizeof(container->name), p,
                         strlen(p));
        }
    }

    return AC_OK;
}


ac_error_e
ac_docker_json_image(const char *text, size_t len, ac_image_t *image)
{
    cJSON        *value;
    ac_error_e    error;
    const cJSON  *config;

    memset(image, 0, sizeof(ac_image_t));

    error = ac_docker_json_parse(text, len, &value);
    if (error) {
        return error;
    }

    error = AC_MALFORMED;

    if (ac_docker_field_string(value, "Id", image->id, sizeof(image->id)) != 1
        || image->id[0] == '\0'
        || ac_docker_field_object(value, "Config", &config) == -1)
    {
        goto done;
    }

    if (config
        && (ac_docker_field_string(config, "User", image->user,
                                  sizeof(image->user))
               == -1
            || ac_docker_field_string(config, "WorkingDir", image->workdir,
                                     sizeof(image->workdir))
               == -1))
    {
        goto done;
    }

    error = AC_OK;

done:

    cJSON_Delete(value);

    return error;
}


ac_error_e
ac_docker_json_info(const char *text, size_t len, int *ncpu,
    int64_t *mem_total)
{
    cJSON       *value;
    int64_t      n, mem;
    ac_error_e   error;

    error = ac_docker_json_parse(text, len, &value);
    if (error) {
        return error;
    }

    if (ac_docker_field_integer(value, "NCPU", 0, 65536, &n) == 1
        && ac_docker_field_integer(value, "MemTotal", 0, INT64_C(1) << 53,
                                  &mem)
           == 1)
    {
        *ncpu = (int) n;
        *mem_total = mem;

    } else {
        error = AC_MALFORMED;
    }

    cJSON_Delete(value);

    return error;
}


ac_error_e
ac_docker_json_event(const char *text, size_t len, ac_event_t *event)
{
    char             type[32], code[16], *end;
    long             exit_code;
    cJSON           *value;
    int64_t          ns;
    ac_error_e       error;
    const cJSON     *actor, *attributes;
    ac_container_t   labels;

    ns = 0;
    memset(&labels, 0, sizeof(ac_container_t));
    memset(event, 0, sizeof(ac_event_t));
    event->exit_code = -1;

    error = ac_docker_json_parse(text, len, &value);
    if (error) {
        return error;
    }

    error = AC_MALFORMED;

    if (ac_docker_field_string(value, "Type", type, sizeof(type)) != 1) {
        goto done;
    }

    if (strcmp(type, "container") != 0) {
        error = AC_OK;
        goto done;
    }

    if (ac_docker_field_object(value, "Actor", &actor) != 1
        || ac_docker_field_id(actor, "ID", event->id, sizeof(event->id)) != 1
        || ac_docker_field_object(actor, "Attributes", &attributes) == -1
        || ac_docker_field_labels(actor, "Attributes", &labels) == -1
        || ac_docker_field_integer(value, "timeNano", 0,
                                  INT64_C(1) << 62, &ns)
           == -1)
    {
        goto done;
    }

    (void) strcpy(event->label_run, labels.label_run);
    (void) strcpy(event->label_class, labels.label_class);
    (void) strcpy(event->label_owner, labels.label_owner);

    event->time_ms = ns / 1000000;

    code[0] = '\0';

    if (attributes
        && ac_docker_field_string(attributes, "exitCode", code, sizeof(code))
           == -1)
    {
        goto done;
    }

    if (code[0]) {
        exit_code = strtol(code, &end, 10);

        if (*end || exit_code < 0 || exit_code > 65535) {
            goto done;
        }

        event->exit_code = (int) exit_code;
    }

    /* the last: it says that the event is whole */

    if (ac_docker_field_string(value, "Action", event->action,
                              sizeof(event->action))
        == 1)
    {
        error = AC_OK;
    }

done:

    if (error) {
        event->action[0] = '\0';
    }

    cJSON_Delete(value);

    return error;
}


static ac_error_e
ac_docker_json_parse(const char *text, size_t len, cJSON **value)
{
    ac_error_e   error;
    const char  *end;

    *value = NULL;

    if (text == NULL || len == 0) {
        return AC_MALFORMED;
    }

    error = ac_docker_json_scan(text, len);
    if (error) {
        return error;
    }

    end = NULL;

    *value = cJSON_ParseWithLengthOpts(text, len, &end, 0);
    if (*value == NULL) {
        return AC_MALFORMED;
    }

    while (end < text + len
           && (*end == ' ' || *end == '\t' || *end == '\r' || *end == '\n'))
    {
        end++;
    }

    if (end != text + len) {
        cJSON_Delete(*value);
        *value = NULL;
        return AC_MALFORMED;
    }

    return AC_OK;
}


/* cJSON spends 64 bytes on a value of two: so count before it allocates */

static ac_error_e
ac_docker_json_scan(const char *text, size_t len)
{
    int       quoted;
    size_t    i;
    unsigned  depth, tokens;

    quoted = 0;
    depth = 0;
    tokens = 0;

    for (i = 0; i < len; i++) {

        if (quoted) {

            if (text[i] == '\\') {
                i++;

            } else if (text[i] == '"') {
                quoted = 0;
            }

            continue;
        }

        switch (text[i]) {

        case '"':
            quoted = 1;
            break;

        case '[':
        case '{':
            tokens++;

            if (++depth > AC_DOCKER_JSON_DEPTH) {
                return AC_MALFORMED;
            }

            break;

        case ']':
        case '}':
            if (depth-- == 0) {
                return AC_MALFORMED;
            }

            break;

        case ',':
            tokens++;
            break;
        }

        if (tokens > AC_DOCKER_JSON_TOKENS) {
            return AC_TOO_BIG;
        }
    }

    return AC_OK;
}
