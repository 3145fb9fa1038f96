
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <string.h>

#include "ac_json.h"
#include "ac_text.h"


static ac_error_e ac_json_scan(const char *text, size_t len);
static ac_json_e ac_json_member(const cJSON *object, const char *name,
    int types, const cJSON **item);


ac_error_e
ac_json_parse(const char *text, size_t len, cJSON **value)
{
    ac_error_e   error;
    const char  *end;

    *value = NULL;

    if (text == NULL || len == 0) {
        return AC_MALFORMED;
    }

    error = ac_json_scan(text, len);
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


/* two bytes of text may cost cJSON 64 bytes: count values before parsing */

static ac_error_e
ac_json_scan(const char *text, size_t len)
{
    int       quoted;
    size_t    i;
    unsigned  depth, values;

    quoted = 0;
    depth = 0;
    values = 0;

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
            values++;

            if (++depth > AC_JSON_DEPTH) {
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
            values++;
            break;
        }

        if (values > AC_JSON_VALUES) {
            return AC_TOO_BIG;
        }
    }

    return AC_OK;
}


ac_json_e
ac_json_string(const cJSON *object, const char *name, char *dst, size_t size)
{
    ac_json_e     rc;
    const cJSON  *item;

    rc = ac_json_member(object, name, cJSON_String, &item);

    if (rc == AC_JSON_FOUND) {
        ac_text_copy(dst, size, item->valuestring, strlen(item->valuestring));
    }

    return rc;
}


ac_json_e
ac_json_bool(const cJSON *object, const char *name, int *value)
{
    ac_json_e     rc;
    const cJSON  *item;

    rc = ac_json_member(object, name, cJSON_True|cJSON_False, &item);

    if (rc == AC_JSON_FOUND) {
        *value = cJSON_IsTrue(item) ? 1 : 0;
    }

    return rc;
}


ac_json_e
ac_json_integer(const cJSON *object, const char *name, int64_t min,
    int64_t max, int64_t *value)
{
    double        number;
    ac_json_e     rc;
    const cJSON  *item;

    rc = ac_json_member(object, name, cJSON_Number, &item);

    if (rc != AC_JSON_FOUND) {
        return rc;
    }

    number = item->valuedouble;

    if (!(number >= (double) min && number <= (double) max)
        || number != (double) (int64_t) number)
    {
        return AC_JSON_INVALID;
    }

    *value = (int64_t) number;

    return AC_JSON_FOUND;
}


ac_json_e
ac_json_object(const cJSON *object, const char *name, const cJSON **value)
{
    return ac_json_member(object, name, cJSON_Object, value);
}


ac_json_e
ac_json_array(const cJSON *object, const char *name, const cJSON **value)
{
    return ac_json_member(object, name, cJSON_Array, value);
}


static ac_json_e
ac_json_member(const cJSON *object, const char *name, int types,
    const cJSON **item)
{
    const cJSON  *member;

    *item = NULL;

    member = cJSON_GetObjectItemCaseSensitive(object, name);

    if (member == NULL) {
        return AC_JSON_ABSENT;
    }

    if (cJSON_IsNull(member)) {
        return AC_JSON_NULL;
    }

    if ((member->type & 0xff & types) == 0) {
        return AC_JSON_INVALID;
    }

    *item = member;

    return AC_JSON_FOUND;
}
