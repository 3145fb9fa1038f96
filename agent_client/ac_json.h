
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_JSON_H_INCLUDED_
#define _AC_JSON_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "ac_error.h"


/*
 * Reading JSON from a peer that is not trusted: a whole document within
 * limits, then its members by type.
 */


#define AC_JSON_DEPTH   64
#define AC_JSON_VALUES  1000000


/*
 * Whether an object has a member of the wanted type.  A protocol where null
 * stands for an absent member rejects AC_JSON_INVALID only; one where null is
 * an error rejects whatever is above AC_JSON_ABSENT.
 */
typedef enum {
    AC_JSON_FOUND = 0,
    AC_JSON_ABSENT,
    AC_JSON_NULL,
    AC_JSON_INVALID          /* of another type, or out of range */
} ac_json_e;


/*
 * Parses a document; nothing but white space may follow its value.  Returns
 * AC_OK with *value to be freed by cJSON_Delete(), or AC_MALFORMED or
 * AC_TOO_BIG with *value NULL.
 */
ac_error_e ac_json_parse(const char *text, size_t len, cJSON **value);

/*
 * The readers set their result for AC_JSON_FOUND only, but for the object and
 * the array, which are NULL otherwise and belong to the document.  Text is
 * stripped of control characters, and cut to size - 1 bytes.
 */
ac_json_e ac_json_string(const cJSON *object, const char *name, char *dst,
    size_t size);
ac_json_e ac_json_bool(const cJSON *object, const char *name, int *value);
ac_json_e ac_json_integer(const cJSON *object, const char *name, int64_t min,
    int64_t max, int64_t *value);
ac_json_e ac_json_object(const cJSON *object, const char *name,
    const cJSON **value);
ac_json_e ac_json_array(const cJSON *object, const char *name,
    const cJSON **value);


#endif /* _AC_JSON_H_INCLUDED_ */
