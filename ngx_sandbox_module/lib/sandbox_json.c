
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/sandbox_json.h"
#include "lib/sandbox_spec.h"


/* the largest integer up to which a double is exact */
#define SANDBOX_JSON_INTEGER  9007199254740991.0


cJSON *
sandbox_json_parse(const char *text, size_t len, int64_t max)
{
    cJSON       *json;
    int64_t      version;
    const char  *end;

    errno = EBADMSG;

    /* cJSON stops at a NUL and would accept what precedes it */

    if (len == 0 || len > SANDBOX_SPEC_MAX || memchr(text, '\0', len)) {
        return NULL;
    }

    json = cJSON_ParseWithLengthOpts(text, len, &end, 0);
    if (json == NULL) {
        errno = EBADMSG;
        return NULL;
    }

    while (end < text + len
           && (*end == ' ' || *end == '\t' || *end == '\r' || *end == '\n'))
    {
        end++;
    }

    if (end != text + len
        || !cJSON_IsObject(json)
        || sandbox_json_integer(json, "v", &version, 1)
        || version < 1 || version > max)
    {
        cJSON_Delete(json);
        errno = EBADMSG;
        return NULL;
    }

    return json;
}


int
sandbox_json_string(const cJSON *json, const char *name, char *buf,
    size_t size)
{
    size_t        len;
    const cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(json, name);
    if (item == NULL) {
        buf[0] = '\0';
        return 0;
    }

    if (!cJSON_IsString(item)) {
        return -1;
    }

    len = strlen(item->valuestring);
    if (len >= size) {
        return -1;
    }

    memcpy(buf, item->valuestring, len + 1);

    return 0;
}


int
sandbox_json_integer(const cJSON *json, const char *name, int64_t *value,
    int64_t absent)
{
    double        n;
    const cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(json, name);
    if (item == NULL) {
        *value = absent;
        return 0;
    }

    if (!cJSON_IsNumber(item)) {
        return -1;
    }

    n = item->valuedouble;

    if (!(n >= 0 && n <= SANDBOX_JSON_INTEGER) || n != (double) (int64_t) n) {
        return -1;
    }

    *value = (int64_t) n;

    return 0;
}


char *
sandbox_json_print(cJSON *json)
{
    char  *text;

    text = cJSON_PrintUnformatted(json);

    cJSON_Delete(json);

    if (text == NULL) {
        errno = ENOMEM;
        return NULL;
    }

    if (strlen(text) > SANDBOX_SPEC_MAX) {
        free(text);
        errno = EFBIG;
        return NULL;
    }

    return text;
}
