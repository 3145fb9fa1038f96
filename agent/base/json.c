
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/path.h"


/* timeouts of more than a year mean no timeout */
#define AGENT_JSON_MS_MAX  (365ULL * 24 * 3600 * 1000)


static json_t *agent_json_member(json_t *json, const char *name);


/* NULL if absent or null */

static json_t *
agent_json_member(json_t *json, const char *name)
{
    json_t  *value;

    value = json_object_get(json, name);

    return json_is_null(value) ? NULL : value;
}


const char *
agent_json_string_of(json_t *value)
{
    const char  *s;

    s = json_string_value(value);

    return s && strlen(s) == json_string_length(value) ? s : NULL;
}


int
agent_json_string(json_t *json, const char *name, const char **value,
    agent_fault_t *fault)
{
    json_t  *v;

    v = agent_json_member(json, name);

    *value = agent_json_string_of(v);

    if (v && *value == NULL) {
        return agent_fault_invalid(fault, "%s: must be a string without "
                                   "NUL", name);
    }

    return 0;
}


int
agent_json_integer(json_t *json, const char *name, uint64_t min,
    uint64_t max, uint64_t *value, agent_fault_t *fault)
{
    double   number;
    json_t  *v;

    v = agent_json_member(json, name);

    if (v == NULL) {
        return 0;
    }

    number = json_number_value(v);

    if (!json_is_number(v) || !(number >= (double) min)
        || !(number <= (double) max)
        || (double) (uint64_t) number != number)
    {
        return agent_fault_invalid(fault, "%s: must be an integer from %llu "
                                   "to %llu", name, (unsigned long long) min,
                                   (unsigned long long) max);
    }

    *value = (uint64_t) number;

    return 0;
}


int
agent_json_bool(json_t *json, const char *name, int *value,
    agent_fault_t *fault)
{
    json_t  *v;

    v = agent_json_member(json, name);

    *value = json_is_true(v);

    if (v && !json_is_boolean(v)) {
        return agent_fault_invalid(fault, "%s: must be true or false", name);
    }

    return 0;
}


int
agent_json_ms(json_t *json, const char *name, uint64_t *value,
    agent_fault_t *fault)
{
    double   number;
    json_t  *v;

    *value = 0;

    v = agent_json_member(json, name);

    if (v == NULL) {
        return 0;
    }

    number = json_number_value(v);

    if (!json_is_number(v) || !(number >= 0)) {
        return agent_fault_invalid(fault, "%s: must be a number of "
                                   "milliseconds", name);
    }

    if (number >= (double) AGENT_JSON_MS_MAX) {
        *value = AGENT_JSON_MS_MAX;
        return 0;
    }

    *value = (uint64_t) number;

    /* a fraction of a millisecond must not become "no limit" */

    if (*value == 0 && number > 0) {
        *value = 1;
    }

    return 0;
}


int
agent_json_path(json_t *json, const char *name, const char *base,
    char *path, size_t size, agent_fault_t *fault)
{
    json_t      *v;
    const char  *s;

    path[0] = '\0';

    v = agent_json_member(json, name);

    if (v == NULL) {
        return 0;
    }

    s = agent_json_string_of(v);

    if (s == NULL || agent_path_normalize(path, size, base, s) != 0) {
        return agent_fault_invalid(fault, "%s: must be a path of at most %zu "
                                   "bytes", name, size - 1);
    }

    return 0;
}


int
agent_json_bytes(json_t *json, const char *name, int base64,
    char **value, size_t *len, agent_fault_t *fault)
{
    char     *p;
    size_t    size;
    json_t   *v;
    ssize_t   n;

    v = json_object_get(json, name);

    if (!json_is_string(v)) {
        return agent_fault_invalid(fault, "%s: must be a string", name);
    }

    size = json_string_length(v);
    p = malloc(size + 1);

    if (p == NULL) {
        return agent_fault_no_memory(fault);
    }

    n = size;

    if (base64) {
        n = agent_base64_decode(p, json_string_value(v), size);

    } else {
        memcpy(p, json_string_value(v), size);
    }

    if (n == -1) {
        free(p);
        return agent_fault_invalid(fault, "%s: invalid base64", name);
    }

    *value = p;
    *len = n;

    return 0;
}
