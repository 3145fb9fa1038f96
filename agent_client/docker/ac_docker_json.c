
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ac_json.h"
#include "ac_text.h"
#include "docker/ac_docker_json.h"


static ac_error_e ac_docker_json_summary(const cJSON *item,
    ac_container_t *container);
static int ac_docker_json_id(const cJSON *object, const char *name,
    char *dst, size_t size);
static int ac_docker_json_state(const cJSON *object, const char *name,
    ac_container_t *container);
static int ac_docker_json_mount(const cJSON *object, const char *name,
    ac_container_t *container);
static int ac_docker_json_labels(const cJSON *object, const char *name,
    char *run, char *class, char *owner);
static int ac_docker_json_label(const cJSON *labels, const char *name,
    char *dst, size_t size);
static int ac_docker_json_time(const cJSON *object, const char *name,
    int64_t *ms);
static int ac_docker_json_time_parse(const char *text, int64_t *ms);
static unsigned ac_docker_json_has(const cJSON *object, const char *name);
static unsigned ac_docker_json_rootless(const cJSON *object);


/* to the engine, null and an absent member are the same */

#define ac_docker_json_bad(rc)  ((rc) == AC_JSON_INVALID)


void
ac_docker_json_message(const char *text, size_t len, char *dst, size_t size)
{
    cJSON  *value;

    dst[0] = '\0';

    if (ac_json_parse(text, len, &value) != AC_OK) {
        return;
    }

    (void) ac_json_string(value, "message", dst, size);

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

    error = ac_json_parse(text, len, &value);
    if (error) {
        return error;
    }

    rc = ac_docker_json_id(value, "Id", container->id, sizeof(container->id));

    cJSON_Delete(value);

    return rc == 0 ? AC_OK : AC_MALFORMED;
}


ac_error_e
ac_docker_json_inspected(const char *text, size_t len,
    ac_container_t *container)
{
    char          name[sizeof(container->name) + 1];
    cJSON        *value;
    int64_t       code;
    ac_error_e    error;
    const char   *p;
    const cJSON  *state, *config;

    memset(container, 0, sizeof(ac_container_t));

    error = ac_json_parse(text, len, &value);
    if (error) {
        return error;
    }

    error = AC_MALFORMED;
    name[0] = '\0';
    code = 0;

    if (ac_docker_json_id(value, "Id", container->id, sizeof(container->id))
           == -1
        || ac_docker_json_bad(ac_json_string(value, "Name", name,
                                             sizeof(name)))
        || ac_json_object(value, "State", &state) != AC_JSON_FOUND
        || ac_docker_json_bad(ac_json_object(value, "Config", &config)))
    {
        goto done;
    }

    if (ac_docker_json_mount(value, "Mounts", container) == -1
        || ac_docker_json_state(state, "Status", container) == -1
        || ac_docker_json_bad(ac_json_integer(state, "ExitCode", INT32_MIN,
                                              INT32_MAX, &code))
        || ac_docker_json_bad(ac_json_bool(state, "OOMKilled",
                                           &container->oom_killed))
        || ac_docker_json_time(state, "FinishedAt", &container->finished_ms)
           == -1)
    {
        goto done;
    }

    if (config
        && (ac_docker_json_bad(ac_json_string(config, "Image",
                                              container->image,
                                              sizeof(container->image)))
            || ac_docker_json_labels(config, "Labels", container->label_run,
                                     container->label_class,
                                     container->label_owner)
               == -1))
    {
        goto done;
    }

    p = name[0] == '/' ? name + 1 : name;

    ac_text_copy(container->name, sizeof(container->name), p, strlen(p));

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

    error = ac_json_parse(text, len, &value);
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

    if (ac_docker_json_id(item, "Id", container->id, sizeof(container->id))
           == -1
        || ac_docker_json_state(item, "State", container) == -1
        || ac_docker_json_bad(ac_json_string(item, "Status",
                                             container->status,
                                             sizeof(container->status)))
        || ac_docker_json_bad(ac_json_string(item, "Image", container->image,
                                             sizeof(container->image)))
        || ac_docker_json_labels(item, "Labels", container->label_run,
                                 container->label_class,
                                 container->label_owner)
           == -1
        || ac_docker_json_bad(ac_json_array(item, "Names", &names)))
    {
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

    error = ac_json_parse(text, len, &value);
    if (error) {
        return error;
    }

    error = AC_MALFORMED;

    if (ac_json_string(value, "Id", image->id, sizeof(image->id))
           != AC_JSON_FOUND
        || image->id[0] == '\0'
        || ac_docker_json_bad(ac_json_object(value, "Config", &config)))
    {
        goto done;
    }

    if (config
        && (ac_docker_json_bad(ac_json_string(config, "User", image->user,
                                              sizeof(image->user)))
            || ac_docker_json_bad(ac_json_string(config, "WorkingDir",
                                                 image->workdir,
                                                 sizeof(image->workdir)))))
    {
        goto done;
    }

    error = AC_OK;

done:

    cJSON_Delete(value);

    return error;
}


ac_error_e
ac_docker_json_info(const char *text, size_t len, ac_engine_info_t *info)
{
    char         driver[16];
    cJSON       *value;
    int64_t      n;
    ac_error_e   error;

    memset(info, 0, sizeof(ac_engine_info_t));

    error = ac_json_parse(text, len, &value);
    if (error) {
        return error;
    }

    if (ac_json_integer(value, "NCPU", 0, 65536, &n) == AC_JSON_FOUND
        && ac_json_integer(value, "MemTotal", 0, INT64_C(1) << 53,
                           &info->mem_total)
           == AC_JSON_FOUND)
    {
        info->ncpu = (int) n;

        info->memory = ac_docker_json_has(value, "MemoryLimit");
        info->swap = ac_docker_json_has(value, "SwapLimit");
        info->pids = ac_docker_json_has(value, "PidsLimit");
        info->cpus = ac_docker_json_has(value, "CpuCfsQuota");

        info->cgroups = (ac_json_string(value, "CgroupDriver", driver,
                                        sizeof(driver))
                         == AC_JSON_FOUND
                         && strcmp(driver, "none") != 0);

        info->rootless = ac_docker_json_rootless(value);

    } else {
        error = AC_MALFORMED;
    }

    cJSON_Delete(value);

    return error;
}


static unsigned
ac_docker_json_has(const cJSON *object, const char *name)
{
    int  value;

    return ac_json_bool(object, name, &value) == AC_JSON_FOUND && value;
}


static unsigned
ac_docker_json_rootless(const cJSON *object)
{
    const cJSON  *item, *options;

    if (ac_json_array(object, "SecurityOptions", &options) != AC_JSON_FOUND) {
        return 0;
    }

    cJSON_ArrayForEach(item, options) {
        if (cJSON_IsString(item)
            && strcmp(item->valuestring, "name=rootless") == 0)
        {
            return 1;
        }
    }

    return 0;
}


ac_error_e
ac_docker_json_event(const char *text, size_t len, ac_event_t *event)
{
    char          type[32], code[16], *end;
    long          exit_code;
    cJSON        *value;
    int64_t       ns;
    ac_error_e    error;
    const cJSON  *actor, *attributes;

    ns = 0;
    code[0] = '\0';

    memset(event, 0, sizeof(ac_event_t));
    event->exit_code = -1;

    error = ac_json_parse(text, len, &value);
    if (error) {
        return error;
    }

    error = AC_MALFORMED;

    if (ac_json_string(value, "Type", type, sizeof(type)) != AC_JSON_FOUND) {
        goto done;
    }

    if (strcmp(type, "container") != 0) {
        error = AC_OK;
        goto done;
    }

    if (ac_json_object(value, "Actor", &actor) != AC_JSON_FOUND
        || ac_docker_json_id(actor, "ID", event->id, sizeof(event->id)) == -1
        || ac_docker_json_bad(ac_json_object(actor, "Attributes",
                                             &attributes))
        || ac_docker_json_labels(actor, "Attributes", event->label_run,
                                 event->label_class, event->label_owner)
           == -1
        || ac_docker_json_bad(ac_json_integer(value, "timeNano", 0,
                                              INT64_C(1) << 62, &ns)))
    {
        goto done;
    }

    event->time_ms = ns / 1000000;

    if (attributes
        && ac_docker_json_bad(ac_json_string(attributes, "exitCode", code,
                                             sizeof(code))))
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

    /* set last: a non-empty action marks a complete event */

    if (ac_json_string(value, "Action", event->action, sizeof(event->action))
        == AC_JSON_FOUND)
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


/* a truncated id could name another container */

static int
ac_docker_json_id(const cJSON *object, const char *name, char *dst,
    size_t size)
{
    size_t        i;
    const char   *p;
    const cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(object, name);

    if (!cJSON_IsString(item)) {
        return -1;
    }

    p = item->valuestring;

    for (i = 0; p[i]; i++) {

        if (i == size - 1
            || !((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f')))
        {
            return -1;
        }
    }

    memcpy(dst, p, i + 1);

    return i ? 0 : -1;
}


/* states added by later engines are not errors */

static int
ac_docker_json_state(const cJSON *object, const char *name,
    ac_container_t *container)
{
    size_t  i;

    static const struct {
        const char            *text;
        ac_container_state_e   state;
    } states[] = {
        { "created", AC_CONTAINER_CREATED },
        { "running", AC_CONTAINER_RUNNING },
        { "paused", AC_CONTAINER_PAUSED },
        { "restarting", AC_CONTAINER_RESTARTING },
        { "stopping", AC_CONTAINER_STOPPING },
        { "stopped", AC_CONTAINER_STOPPED },
        { "exited", AC_CONTAINER_EXITED },
        { "dead", AC_CONTAINER_DEAD }
    };

    if (ac_json_string(object, name, container->state_text,
                       sizeof(container->state_text))
        != AC_JSON_FOUND)
    {
        return -1;
    }

    container->state = AC_CONTAINER_OTHER;

    for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {

        if (strcmp(container->state_text, states[i].text) == 0) {
            container->state = states[i].state;
            break;
        }
    }

    return 0;
}


/* mounts of other targets, or with longer sources, are not ours */

static int
ac_docker_json_mount(const cJSON *object, const char *name,
    ac_container_t *container)
{
    const cJSON  *mounts, *mount, *source, *target;

    if (ac_docker_json_bad(ac_json_array(object, name, &mounts))) {
        return -1;
    }

    cJSON_ArrayForEach(mount, mounts) {
        source = cJSON_GetObjectItemCaseSensitive(mount, "Source");
        target = cJSON_GetObjectItemCaseSensitive(mount, "Destination");

        if (cJSON_IsString(source) && cJSON_IsString(target)
            && strcmp(target->valuestring, AC_MOUNT_TARGET) == 0
            && strlen(source->valuestring) < sizeof(container->mount))
        {
            ac_text_copy(container->mount, sizeof(container->mount),
                         source->valuestring, strlen(source->valuestring));
        }
    }

    return 0;
}


static int
ac_docker_json_labels(const cJSON *object, const char *name, char *run,
    char *class, char *owner)
{
    const cJSON  *labels;

    if (ac_docker_json_bad(ac_json_object(object, name, &labels))) {
        return -1;
    }

    if (ac_docker_json_label(labels, AC_LABEL_RUN, run, AC_LABEL_RUN_SIZE)
           == -1
        || ac_docker_json_label(labels, AC_LABEL_CLASS, class,
                                AC_LABEL_CLASS_SIZE)
           == -1
        || ac_docker_json_label(labels, AC_LABEL_OWNER, owner,
                                AC_LABEL_OWNER_SIZE)
           == -1)
    {
        return -1;
    }

    return 0;
}


static int
ac_docker_json_label(const cJSON *labels, const char *name, char *dst,
    size_t size)
{
    const cJSON  *label;

    label = cJSON_GetObjectItemCaseSensitive(labels, name);

    if (label == NULL) {
        return 0;
    }

    if (!cJSON_IsString(label)) {
        return -1;
    }

    /* longer labels are not ours, and truncated they could match one */

    if (strlen(label->valuestring) < size) {
        ac_text_copy(dst, size, label->valuestring,
                     strlen(label->valuestring));
    }

    return 0;
}


/* ms since the epoch; 0 if absent, or "never": the engine's year 1 */

static int
ac_docker_json_time(const cJSON *object, const char *name, int64_t *ms)
{
    char  text[64];

    *ms = 0;
    text[0] = '\0';

    if (ac_docker_json_bad(ac_json_string(object, name, text, sizeof(text)))) {
        return -1;
    }

    return text[0] ? ac_docker_json_time_parse(text, ms) : 0;
}


/* RFC 3339 */

static int
ac_docker_json_time_parse(const char *text, int64_t *ms)
{
    int          n, hours, minutes, offset;
    long         fraction, unit;
    struct tm    tm;
    const char  *p;

    memset(&tm, 0, sizeof(tm));
    n = 0;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon,
               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &n)
        != 6
        || n == 0)
    {
        return -1;
    }

    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31
        || tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0
        || tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
    {
        return -1;
    }

    if (tm.tm_year < 1970) {
        return 0;
    }

    tm.tm_year -= 1900;
    tm.tm_mon -= 1;

    fraction = 0;
    p = text + n;

    if (*p == '.') {

        for (p++, unit = 100; *p >= '0' && *p <= '9'; p++, unit /= 10) {
            fraction += (*p - '0') * unit;
        }
    }

    hours = 0;
    minutes = 0;
    n = 0;

    if (strcmp(p, "Z") != 0
        && (sscanf(p, "%3d:%2d%n", &hours, &minutes, &n) != 2
            || n != 6 || p[n] != '\0' || (p[0] != '+' && p[0] != '-')
            || hours < -23 || hours > 23 || minutes < 0 || minutes > 59))
    {
        return -1;
    }

    offset = hours * 3600 + (p[0] == '-' ? -minutes : minutes) * 60;

    *ms = ((int64_t) timegm(&tm) - offset) * 1000 + fraction;

    return 0;
}
