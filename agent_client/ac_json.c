
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ac_json.h"
#include "ac_text.h"


static const cJSON *ac_docker_field(const cJSON *object, const char *name);
static int ac_docker_field_label(const cJSON *labels, const char *name,
    char *dst, size_t size);


/* NULL: it is missing, or null */

static const cJSON *
ac_docker_field(const cJSON *object, const char *name)
{
    const cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNull(item) ? NULL : item;
}


int
ac_docker_field_string(const cJSON *object, const char *name, char *dst,
    size_t size)
{
    const cJSON  *item;

    item = ac_docker_field(object, name);

    if (item == NULL) {
        return 0;
    }

    if (!cJSON_IsString(item)) {
        return -1;
    }

    ac_text_copy(dst, size, item->valuestring, strlen(item->valuestring));

    return 1;
}


int
ac_docker_field_id(const cJSON *object, const char *name, char *dst,
    size_t size)
{
    size_t        i;
    const char   *p;
    const cJSON  *item;

    item = ac_docker_field(object, name);

    if (item == NULL) {
        return 0;
    }

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

    return i ? 1 : -1;
}


int
ac_docker_field_bool(const cJSON *object, const char *name, int *value)
{
    const cJSON  *item;

    item = ac_docker_field(object, name);

    if (item == NULL) {
        return 0;
    }

    if (!cJSON_IsBool(item)) {
        return -1;
    }

    *value = cJSON_IsTrue(item) ? 1 : 0;

    return 1;
}


int
ac_docker_field_integer(const cJSON *object, const char *name, int64_t min,
    int64_t max, int64_t *value)
{
    const cJSON  *item;

    item = ac_docker_field(object, name);

    if (item == NULL) {
        return 0;
    }

    if (!cJSON_IsNumber(item)
        || !(item->valuedouble >= (double) min
             && item->valuedouble <= (double) max)
        || item->valuedouble != (double) (int64_t) item->valuedouble)
    {
        return -1;
    }

    *value = (int64_t) item->valuedouble;

    return 1;
}


int
ac_docker_field_object(const cJSON *object, const char *name,
    const cJSON **value)
{
    const cJSON  *item;

    *value = NULL;

    item = ac_docker_field(object, name);

    if (item == NULL) {
        return 0;
    }

    if (!cJSON_IsObject(item)) {
        return -1;
    }

    *value = item;

    return 1;
}


int
ac_docker_field_labels(const cJSON *object, const char *name,
    ac_container_t *container)
{
    const cJSON  *labels;

    switch (ac_docker_field_object(object, name, &labels)) {

    case 0:
        return 0;

    case -1:
        return -1;
    }

    if (ac_docker_field_label(labels, AC_LABEL_RUN, container->label_run,
                             sizeof(container->label_run))
        == -1
        || ac_docker_field_label(labels, AC_LABEL_CLASS,
                                container->label_class,
                                sizeof(container->label_class))
           == -1
        || ac_docker_field_label(labels, AC_LABEL_OWNER,
                                container->label_owner,
                                sizeof(container->label_owner))
           == -1)
    {
        return -1;
    }

    return 1;
}


static int
ac_docker_field_label(const cJSON *labels, const char *name, char *dst,
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

    /* one that was cut could be taken for another's */

    if (strlen(label->valuestring) < size) {
        ac_text_copy(dst, size, label->valuestring,
                     strlen(label->valuestring));
    }

    return 1;
}


int
ac_docker_field_time(const cJSON *json, const char *name, int64_t *ms)
{
    int        n, hours, minutes, offset;
    char       text[64], *p;
    struct tm  tm;
    long       fraction, unit;

    *ms = 0;
    text[0] = '\0';

    if (ac_docker_field_string(json, name, text, sizeof(text)) == -1) {
        return -1;
    }

    if (text[0] == '\0') {
        return 0;
    }

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
