
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "lib/sandbox_body.h"


static size_t sandbox_body_space(const char *text, size_t len);
static size_t sandbox_body_char(const unsigned char *p, size_t len);


const char *
sandbox_body_parse(const char *text, size_t len, cJSON **json)
{
    size_t       i, n;
    const char  *end;

    *json = NULL;

    i = sandbox_body_space(text, len);

    if (i == len) {
        return NULL;
    }

    for ( /* void */ ; i < len; i += n) {

        if (text[i] == '\0') {
            return "The body is not valid JSON: it contains a NUL byte.";
        }

        n = sandbox_body_char((const unsigned char *) text + i, len - i);

        if (n == 0) {
            return "The body is not valid JSON: it must be encoded in UTF-8.";
        }
    }

    /* it would end a C string */

    if (strstr(text, "\\u0000") != NULL) {
        return "Strings in the JSON body must not contain \\u0000.";
    }

    end = NULL;

    *json = cJSON_ParseWithLengthOpts(text, len, &end, 0);

    if (*json == NULL) {
        return "The body is not valid JSON. Send a JSON object, or no body.";
    }

    len -= (size_t) (end - text);

    if (sandbox_body_space(end, len) != len) {
        cJSON_Delete(*json);
        *json = NULL;

        return "The body contains more than one JSON value. Send a single "
               "JSON object.";
    }

    if (!cJSON_IsObject(*json)) {
        cJSON_Delete(*json);
        *json = NULL;

        return "The body must be a JSON object.";
    }

    return NULL;
}


/* RFC 8259, 2: the length of leading white space */

static size_t
sandbox_body_space(const char *text, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r'
            && text[i] != '\n')
        {
            break;
        }
    }

    return i;
}


/* RFC 3629, 4: the length of a character, 0 if it is malformed */

static size_t
sandbox_body_char(const unsigned char *p, size_t len)
{
    size_t    i, n;
    unsigned  low, high;

    if (p[0] < 0x80) {
        return 1;
    }

    if (p[0] < 0xc2 || p[0] > 0xf4) {
        return 0;
    }

    n = (p[0] < 0xe0) ? 2 : (p[0] < 0xf0) ? 3 : 4;

    if (n > len) {
        return 0;
    }

    /* neither overlong forms, nor surrogates, nor above U+10FFFF */

    low = (p[0] == 0xe0) ? 0xa0 : (p[0] == 0xf0) ? 0x90 : 0x80;
    high = (p[0] == 0xed) ? 0x9f : (p[0] == 0xf4) ? 0x8f : 0xbf;

    if (p[1] < low || p[1] > high) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return n;
}


int
sandbox_body_string(const cJSON *json, const char *name, size_t max,
    const char **value)
{
    cJSON                *item;
    const unsigned char  *p;

    *value = NULL;

    item = cJSON_GetObjectItemCaseSensitive(json, name);

    if (item == NULL || cJSON_IsNull(item)) {
        return 0;
    }

    if (!cJSON_IsString(item) || item->valuestring == NULL
        || strlen(item->valuestring) > max)
    {
        return -1;
    }

    for (p = (const unsigned char *) item->valuestring; *p; p++) {
        if (*p < 0x20 || *p == 0x7f
            || (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f))
        {
            return -1;
        }
    }

    *value = item->valuestring;

    return 0;
}
