
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_JSON_H_INCLUDED_
#define _SANDBOX_JSON_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>


/*
 * JSON of the store's files; functions that return int give 0, or -1 if
 * invalid
 */


/*
 * Parses an object of version 1 to max without trailing data, to be deleted by
 * the caller; NULL with errno EBADMSG.
 */
cJSON *sandbox_json_parse(const char *text, size_t len, int64_t max);

/* members; a missing member is "" or absent */
int sandbox_json_string(const cJSON *json, const char *name, char *buf,
    size_t size);
int sandbox_json_integer(const cJSON *json, const char *name, int64_t *value,
    int64_t absent);

/* frees json; returns text for free(), or NULL with errno EFBIG or ENOMEM */
char *sandbox_json_print(cJSON *json);


#endif /* _SANDBOX_JSON_H_INCLUDED_ */
