
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_JSON_H_INCLUDED_
#define _AGENT_BASE_JSON_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/fault.h"


/*
 * Typed readers for members of a JSON object.  Each function returns 0, or -1
 * with a fault: 400 VALIDATION_FAILED, "<name>: must be ...".  null counts as
 * absent.  Strings are borrowed from the object.
 */


/* the largest integer up to which a double is exact */
#define AGENT_JSON_INTEGER_MAX  (1ULL << 53)


/* the value if it is a string without NUL, otherwise NULL */
const char *agent_json_string_of(json_t *value);

/* absent: NULL */
int agent_json_string(json_t *json, const char *name, const char **value,
    agent_fault_t *fault);

/* an integer from min to max; absent: value is unchanged */
int agent_json_integer(json_t *json, const char *name, uint64_t min,
    uint64_t max, uint64_t *value, agent_fault_t *fault);

/* absent: 0 */
int agent_json_bool(json_t *json, const char *name, int *value,
    agent_fault_t *fault);

/* Milliseconds, at most a year; fractions are rounded up.  Absent: 0. */
int agent_json_ms(json_t *json, const char *name, uint64_t *value,
    agent_fault_t *fault);

/*
 * A path, normalized from base into a buffer of that size; absent: "".
 */
int agent_json_path(json_t *json, const char *name, const char *base,
    char *path, size_t size, agent_fault_t *fault);

/*
 * The bytes of a member that is present, either its text or its base64-decoded
 * value, malloc()ed, to be freed by the caller.
 */
int agent_json_bytes(json_t *json, const char *name, int base64,
    char **value, size_t *len, agent_fault_t *fault);


#endif /* _AGENT_BASE_JSON_H_INCLUDED_ */
